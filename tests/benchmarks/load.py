"""The service under load: eight clients and 200 jobs; none lost, none doubled, memory flat.

    python tests/benchmarks/load.py [--jobs 200] [--clients 8] [--workers 1] [--refine auto]
    python tests/benchmarks/load.py --replicas 1 2 [--jobs 60]     (on Ray, one thread each)

Prints a table and exits with 1 if something is wrong. Every job is sent with a key and, every
fifth time, sent twice, as after a lost line; its file is fetched and counted. With --replicas, the
same is done with a cluster of each number of replicas, and their throughputs are compared.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import queue
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image
from service_process import ServiceProcess, serving

from splat_widgets.embedded import demo_pair
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.records import Job
from splat_widgets.service.stores import Store

TOKEN = "a-token-for-the-benchmark"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
MOST_GROWTH = 64 * 2**20  # of memory, from a quarter of the jobs to the end
LEAST_SHARE = 0.8  # of the throughput that so many replicas would have if they shared nothing


@dataclass(frozen=True)
class Result:
    """Of one run."""

    per_second: float  # jobs
    status: int  # 0 if nothing is wrong


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--queue", type=int, default=4, help="shorter than clients: some must wait")
    parser.add_argument("--refine", default="auto")
    parser.add_argument("--photo", type=int, default=160, help="width of the photos, px")
    parser.add_argument("--replicas", type=int, nargs="+", help="of a cluster; each is tried")
    options = parser.parse_args()
    if not options.replicas:
        return _run(options, lambda folder: Store.in_folder(folder / "service")).status
    print(f"load of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    results = [_run_cluster(options, count) for count in options.replicas]
    ratio = results[-1].per_second / results[0].per_second
    least = LEAST_SHARE * options.replicas[-1] / options.replicas[0]
    print(
        f"{options.replicas[-1]} replicas against {options.replicas[0]}: {ratio:.2f} times the "
        f"throughput, at least {least:.2f} are expected"
    )
    return max(result.status for result in results) or int(ratio < least)


def _run_cluster(options: argparse.Namespace, replicas: int) -> Result:
    print(f"\n{replicas} replicas")
    storage = lambda folder: f"file://{folder}/storage"  # noqa: E731
    return _run(
        options,
        lambda folder: store_at(storage(folder)),
        lambda folder: ("--cluster", "--storage", storage(folder), "--replicas", str(replicas)),
    )


def _run(
    options: argparse.Namespace,
    store: Callable[[Path], Store],
    more: Callable[[Path], tuple[str, ...]] = lambda _: (),
) -> Result:
    arguments = ("--workers", str(options.workers), "--queue", str(options.queue))
    environment = {"SPLAT_WIDGETS_TOKENS": TOKEN, "SPLAT_WIDGETS_RATE_LIMIT": "1000000/minute"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, *arguments, *more(folder), **environment) as service:
            return Load(service, options, store(folder)).run()


class Load:
    """One run of the benchmark."""

    def __init__(self, service: ServiceProcess, options: argparse.Namespace, store: Store) -> None:
        self._service = service
        self._store = store
        self._options = options
        self._photos = [_small(path, options.photo) for path in demo_pair()]
        self._left: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._sizes: Counter[int] = Counter()
        self._seconds: list[float] = []
        self._refusals = 0
        self._wrong: list[str] = []
        self._waiting: list[int] = []
        self._memory: list[tuple[int, int]] = []  # jobs done, bytes
        self._over = threading.Event()

    def run(self) -> Result:
        """All jobs."""
        for number in range(self._options.jobs):
            self._left.put(number)
        watcher = threading.Thread(target=self._watch)
        clients = [threading.Thread(target=self._work) for _ in range(self._options.clients)]
        began = time.perf_counter()
        for thread in (watcher, *clients):
            thread.start()
        for thread in clients:
            thread.join()
        seconds = time.perf_counter() - began
        self._over.set()
        watcher.join()
        return self._report(seconds)

    def _work(self) -> None:
        with httpx.Client(base_url=self._service.url, headers=HEADERS, timeout=120) as client:
            while True:
                try:
                    number = self._left.get_nowait()
                except queue.Empty:
                    return
                try:
                    self._job(client, number)
                except Exception as error:
                    with self._lock:
                        self._wrong.append(f"job {number}: {type(error).__name__}: {error}")

    def _job(self, client: httpx.Client, number: int) -> None:
        began = time.perf_counter()
        id = self._send(client, number)
        if number % 5 == 0 and self._send(client, number) != id:
            raise RuntimeError("the same key made two jobs")
        job: dict = {}
        with client.stream("GET", f"/api/jobs/{id}/events") as events:
            for line in events.iter_lines():
                if line.startswith("data: "):
                    job = json.loads(line[6:])
        if job["state"] != "done":
            raise RuntimeError(f"{job['state']}: {job['problem']}")
        ply = client.get(f"/api/outputs/{id}").raise_for_status().content
        with self._lock:
            self._ids.append(id)
            self._sizes[len(ply)] += 1
            self._seconds.append(time.perf_counter() - began)

    def _send(self, client: httpx.Client, number: int) -> str:
        parts = [("photos", (f"{n}.png", data)) for n, data in enumerate(self._photos)]
        headers = {"Idempotency-Key": f"the-key-of-job-{number:06}"}
        fields = {"refine": self._options.refine}
        while True:
            answer = client.post("/api/generate-splat", files=parts, data=fields, headers=headers)
            if answer.status_code == 202:
                return answer.json()["id"]
            if answer.status_code != 429:
                raise RuntimeError(answer.text)
            with self._lock:
                self._refusals += 1
            time.sleep(min(0.5, float(answer.headers["retry-after"])))

    def _watch(self) -> None:
        with httpx.Client(base_url=self._service.url, headers=HEADERS, timeout=60) as client:
            while not self._over.wait(0.3):
                health = client.get("/health").json()
                self._waiting.append(health["queue"]["waiting"])
                self._memory.append((len(self._ids), health["memory"]["process_bytes"]))

    def _report(self, seconds: float) -> Result:
        count, wrong = self._options.jobs, list(self._wrong)
        if len(set(self._ids)) != count:
            wrong.append(f"{len(set(self._ids))} of {count} jobs ended")
        if len(self._sizes) != 1:
            wrong.append(f"equal photos gave files of {sorted(self._sizes)} bytes")
        jobs = list(self._store.jobs.all())
        kept = [job.state for job in jobs]
        if kept != ["done"] * count:
            wrong.append(f"the service knows of {dict(Counter(kept))}")
        if list(self._store.objects.ids("photos")):
            wrong.append("photos are left")
        if max(self._waiting) > self._options.queue:
            wrong.append(f"{max(self._waiting)} jobs waited, {self._options.queue} may")
        early = max(b for n, b in self._memory if n <= count // 4)
        late = max(b for n, b in self._memory if n > 3 * count // 4)
        if late - early > MOST_GROWTH:
            wrong.append(f"memory grew by {(late - early) / 2**20:.0f} MiB")
        cuts = statistics.quantiles(self._seconds, n=20)
        rows = {
            "jobs, clients, workers": f"{count}, {self._options.clients}, {self._options.workers}",
            "throughput": f"{count / seconds:.2f} jobs/s",
            "p50, p95 of a job": f"{statistics.median(self._seconds):.2f} s, {cuts[-1]:.2f} s",
            "refused by a full queue": f"{self._refusals}",
            "most waiting": f"{max(self._waiting)} of {self._options.queue}",
            "seconds of stages": _stages(jobs),
            "memory": f"{early / 2**20:.0f} MiB early, {late / 2**20:.0f} MiB late",
        }
        for name, text in rows.items():
            print(f"{name:<26} {text}")
        print("\n".join(wrong) if wrong else "none lost, none doubled, no photo left")
        return Result(count / seconds, 1 if wrong else 0)


def _stages(jobs: list[Job]) -> str:
    """Mean time of each stage, and of what is outside of them: reading photos, writing files."""
    times: dict[str, list[float]] = {}
    for job in jobs:
        for stage in job.stages:
            times.setdefault(stage.name, []).append(stage.seconds)
        inside = sum(stage.seconds for stage in job.stages)
        times.setdefault("files", []).append((job.ended or 0) - (job.started or 0) - inside)
    return ", ".join(f"{name} {statistics.mean(found):.2f}" for name, found in times.items())


def _small(path: Path, width: int) -> bytes:
    file = io.BytesIO()
    Image.open(path).resize((width, width * 3 // 4)).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())

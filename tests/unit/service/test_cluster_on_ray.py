"""The cluster on a real Ray of two CPUs, started and ended here: `nox -s cluster`.

Processes are killed while they have jobs: replicas three times, and who started the service.
"""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import httpx
import psutil
import pytest
import torch
from fsspec.core import url_to_fs
from object_storage import bucket

import splat_widgets as sw
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.outputs import key_of
from splat_widgets.service.which_ray import own_ray

from .conftest import BEARER, TOKEN, photo_parts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra cluster"),
]
PATIENCE_S = 480  # of everything here: a busy machine takes its time
KNOWN = {
    "SPLAT_WIDGETS_TOKENS": TOKEN,
    "SPLAT_WIDGETS_RATE_LIMIT": "1000000/minute",
    "SPLAT_WIDGETS_LEASE_TTL": "8",
    "OMP_NUM_THREADS": "1",
}


def wait_until(is_so):
    end = time.monotonic() + PATIENCE_S
    while not (answer := is_so()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return answer


class Driver:
    """`splat-widgets serve --cluster` as a process."""

    def __init__(self, folder: Path, storage: str, *arguments: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.storage = storage
        self._log = folder / "driver.txt"
        self._arguments = arguments
        self.store = store_at(self.storage)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=BEARER, timeout=PATIENCE_S
        )
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "splat_widgets.cli", "serve", "--cluster"]
        options = ["-m", "embedded", "--device", "cpu", "--port", str(self.port)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--storage", self.storage, *options, *self._arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, **KNOWN},
            )
        wait_until(lambda: self._is_ready() or self.process.poll() is not None)
        assert self.process.poll() is None, self._log.read_text()

    def _is_ready(self) -> bool:
        if f"serves http://127.0.0.1:{self.port}" not in self._log.read_text():
            return False
        try:
            return self.client.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self) -> None:
        """As Ctrl-C does; what goes on is waited for."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(PATIENCE_S) == 0, self._log.read_text()

    def send(self, photos, number: int) -> str:
        """A job, sent again until it is accepted, as a client does; returns its id."""
        headers = {"Idempotency-Key": f"the-key-of-job-{number:06}"}
        while True:
            try:
                answer = self.client.post(
                    "/api/generate-splat", files=photo_parts(*photos), headers=headers
                )
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code == 202:
                return answer.json()["id"]
            assert answer.status_code in (429, 503), answer.text
            time.sleep(0.2)

    def holder(self, besides: set[str]) -> tuple[str, int] | None:
        """A job that goes on, not one of these, and the process that has its lease."""
        for job in self.store.jobs.unfinished(besides):
            if job.state == "running" and not self.store.turns.is_free(job.id):
                folder = self.store.turns._folder(job.id)
                newest = max(folder.listed(), key=lambda entry: entry["name"])["name"]
                lease = json.loads(folder.at(Path(newest).name).read())
                return job.id, int(lease["holder"].rpartition(":")[2])
        return None

    def is_over(self, id: str) -> bool:
        return self.store.jobs.get(id).is_over

    def ended(self, ids):
        jobs = [self.store.jobs.get(id) for id in ids]
        return jobs if all(job.is_over for job in jobs) else None


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a Ray with two CPUs."""
    with own_ray(100 * 2**20, num_cpus=2):
        yield sys.modules["ray"].get_runtime_context().gcs_address


@pytest.fixture(scope="module")
def driver(address, tmp_path_factory) -> Iterator[Driver]:
    folder = tmp_path_factory.mktemp("cluster")
    driver = Driver(folder, f"file://{folder}/storage", "--address", address, "--replicas", "2")
    yield driver
    driver.stop()


def check_bytes(driver, photos, folder):
    """HTTP to a `.ply` that is the kernel's; returns the answer."""
    wait = {"wait": "true"}
    answer = driver.client.post("/api/generate-splat", params=wait, files=photo_parts(*photos))
    assert answer.status_code == 200, answer.text
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = sw.load_model("embedded", device="cpu")
        sw.reconstruct(list(photos), model=model).save(folder / "kernel.ply")
    finally:
        torch.set_num_threads(threads)
    ours = (folder / "kernel.ply").read_bytes()
    after = lambda data: data[data.index(b"end_header\n") :]  # noqa: E731
    assert after(answer.content) == after(ours)
    return answer


def check_a_killed_door(driver, photos):
    """Who waits for an answer of it hears a problem to come again for, of Serve's proxy."""
    wait = {"wait": "true"}
    with ThreadPoolExecutor(1) as pool:
        post = partial(driver.client.post, "/api/generate-splat", params=wait)
        asked = pool.submit(post, files=photo_parts(*photos))
        wait_until(lambda: driver.holder(set()))
        for process in psutil.Process(driver.process.pid).children(recursive=True):
            if "ServeReplica:splat-widgets:door" in "".join(process.cmdline()):
                process.kill()
        answer = asked.result()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), answer.text
    assert answer.json()["type"].endswith(":not_ready")


def left_of(storage: str) -> set[str]:
    """What lies there, with X for an id and N for the number of a run."""
    files, root = url_to_fs(storage)
    files.invalidate_cache()
    names = {name.removeprefix(f"{root}/") for name in files.find(root)}
    return {re.sub(r"/\d+/", "/N/", re.sub(r"[0-9a-f]{32}", "X", name)) for name in names}


def test_on_s3_what_is_killed_loses_nothing(room_photos, tmp_path):
    """First of all, while no other Ray runs here."""
    with bucket() as s3:
        driver = Driver(tmp_path, f"{s3}/cluster", "--replicas", "1:2")
        try:
            check_bytes(driver, room_photos, tmp_path)
            check_a_killed_door(driver, room_photos)
            ids = [driver.send(room_photos, number) for number in range(5)]
            _, process = wait_until(lambda: driver.holder(set()))
            os.kill(process, signal.SIGKILL)
            wait_until(lambda: driver.holder({id for id in ids if driver.is_over(id)}))
            driver.kill()
            left = [job.id for job in driver.store.jobs.unfinished()]
            assert left  # they wait in the storage, and nobody does them
            driver.start()
            jobs = wait_until(lambda: driver.ended(ids))
            assert [job.state for job in jobs] == ["done"] * len(ids)
            assert len(set(ids)) == len(ids)
            wait_until(lambda: not list(driver.store.jobs.unfinished()))  # nor that of the door
        finally:
            driver.stop()
        files = {f"outputs/X/N/scene.{form}" for form in ("ply", "splatscene")}
        assert left_of(driver.storage) == {"ended/X.json", *files}


def test_from_http_to_the_kernel_s_bytes(driver, room_photos, tmp_path):
    answer = check_bytes(driver, room_photos, tmp_path)
    assert len(answer.headers.get_list("x-request-id")) == 1
    id = answer.headers["Location"].rpartition("/")[2]
    part = driver.client.get(f"/api/outputs/{id}", headers={"Range": "bytes=0-2"})
    assert (part.status_code, part.content) == (206, b"ply")
    assert driver.client.get("/metrics", headers={"Authorization": ""}).status_code == 401
    page = wait_until(lambda: "replica-" in (text := driver.client.get("/metrics").text) and text)
    assert "splat_jobs{" in page and "door-" in page


def test_killed_replicas_and_a_killed_driver_lose_nothing(driver, room_photos):
    count, victims, numbers = 12, set(), itertools.count()
    ids = [driver.send(room_photos, next(numbers)) for _ in range(count)]
    assert driver.send(room_photos, 0) == ids[0]  # sent again, as after a lost line
    for _ in range(3):
        id, process = wait_until(lambda: driver.holder(victims))
        os.kill(process, signal.SIGKILL)
        victims.add(id)
    driver.kill()
    driver.start()
    jobs = wait_until(lambda: driver.ended(ids))
    assert [job.state for job in jobs] == ["done"] * count
    assert len(set(ids)) == count
    begun_again = {job.id for job in jobs if job.attempts > 1}
    assert len(begun_again & victims) >= 1  # a run may have ended as its replica was killed
    sizes = {driver.store.objects.size(key_of(job, "ply")) for job in jobs}
    assert len(sizes) == 1 and sizes != {None}
    assert list(driver.store.jobs.unfinished()) == []
    assert driver.client.get("/health").json()["queue"]["waiting"] == 0

"""Thirty visitors at once on one service: some in browser windows of the app, the rest as clients.

    python tests/benchmarks/app_visitors.py [--visitors 30] [--windows 3] [--refine auto]

Each visitor sends the bundled pair and waits for its scene. A window is a session of its own: a
page of the app with its Python, a drop, a run, a download. The others do what a session does
towards the service, `sw.connect` and `sw.reconstruct`, in threads of this process. Prints waits,
the memory of a session and how many of them this machine would hold; exits with 1 if a scene is
missing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright
from service_process import ServiceProcess, serving

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.service.stores import Store

sys.path.insert(0, str(Path(__file__).parents[1]))
from app_process import AppProcess, app_at, download, drop, wait_for_studio

PATIENCE_MS = 900_000
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@dataclass(frozen=True)
class Visit:
    """What became of one visitor."""

    seconds: float
    gaussians: int


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--windows", type=int, default=3, help="as many as the machine holds")
    parser.add_argument("--refine", default="auto", choices=("auto", "off"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for name in ("service", "app"):
            (folder / name).mkdir()
        free = psutil.virtual_memory().available
        with (
            serving(folder / "service", "--queue", "64") as service,
            app_at(folder / "app", "--service", service.url) as app,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
            windows = [_window(browser, app, options.refine) for _ in range(options.windows)]
            sessions = _sessions(app)
            began = time.perf_counter()
            visits = _all_at_once(service, windows, options, folder)
            seconds = time.perf_counter() - began
            after = _sessions(app)
            browser.close()
            return _report(service, visits, seconds, options, (sessions, after), free)


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def _window(browser: Browser, app: AppProcess, refine: str) -> Page:
    """A visitor's window with its photos, ready to generate."""
    page = browser.new_context(viewport={"width": 1000, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(app.address, wait_until="commit")
    wait_for_studio(page)
    drop(page, *demo_pair())
    page.locator(".swu[data-ready='2']").wait_for()
    if refine == "off":
        page.get_by_role("radio", name="Off").click()
    return page


def _all_at_once(
    service: ServiceProcess, windows: list[Page], options: argparse.Namespace, folder: Path
) -> list[Visit]:
    def client(_: int) -> Visit:
        began = time.perf_counter()
        refine = "auto" if options.refine == "auto" else False
        model = sw.connect(service.url)
        scene = sw.reconstruct(demo_pair(), model=model, refine=refine, progress=False)
        return Visit(time.perf_counter() - began, len(scene))

    count = max(0, options.visitors - len(windows))
    with ThreadPoolExecutor(max(1, count)) as pool:
        clients = [pool.submit(client, number) for number in range(count)]
        for page in windows:
            page.locator(".sws-generate").click()
        visits = [_end_of(page, folder / f"{number}") for number, page in enumerate(windows)]
        return visits + [one.result() for one in clients]


def _end_of(page: Page, folder: Path) -> Visit:
    folder.mkdir()
    page.locator(".sws[data-status=done] .sws-download").wait_for()
    said = page.locator(".sws-summary").inner_text()  # "Done in 1 min 12 s"
    minutes = re.search(r"(\d+) min", said)
    seconds = 60 * int(minutes[1] if minutes else 0) + float(re.search(r"([\d.]+) s", said)[1])
    return Visit(seconds, len(sw.load(download(page, ".sws-download", folder))))


def _sessions(app: AppProcess) -> list[int]:
    """Bytes that each session's Python has for itself alone, the one in reserve included."""
    family = psutil.Process(app.process.pid).children(recursive=True)
    kernels = (one for one in family if "ipykernel_launcher" in " ".join(one.cmdline()))
    return sorted(one.memory_full_info().uss for one in kernels)


def _report(
    service: ServiceProcess,
    visits: list[Visit],
    seconds: float,
    options: argparse.Namespace,
    sessions: tuple[list[int], list[int]],
    free: int,
) -> int:
    wrong = []
    if len(visits) != options.visitors or len({one.gaussians for one in visits}) != 1:
        counts = sorted(one.gaussians for one in visits)
        wrong.append(f"expected {options.visitors} equal scenes, got {counts}")
    states = [job.state for job in Store.in_folder(service.folder / "service").jobs.all()]
    if states != ["done"] * options.visitors:
        wrong.append(f"the service knows of {states}")
    waits = sorted(one.seconds for one in visits)
    before, after = ([size / 2**20 for size in sizes] for sizes in sessions)
    largest = max(after, default=0)
    rows = {
        "visitors, windows": f"{options.visitors}, {options.windows}",
        "all scenes after": f"{seconds:.0f} s, {len(visits) / seconds:.2f} a second",
        "first, median, last": ", ".join(
            f"{wait:.0f} s" for wait in (waits[0], statistics.median(waits), waits[-1])
        ),
        "a session's memory": f"{_sizes(before)} with photos, {_sizes(after)} MiB with a scene",
        "sessions in free memory": f"{int(free / 2**20 / largest) if largest else 0} of "
        f"{largest:.0f} MiB in {free / 2**30:.1f} GiB",
    }
    for name, text in rows.items():
        print(f"{name:<26} {text}")
    print("\n".join(wrong) if wrong else "every visitor has a scene, each was made once")
    return 1 if wrong else 0


def _sizes(sizes: list[float]) -> str:
    return ", ".join(f"{size:.0f}" for size in sizes)


if __name__ == "__main__":
    raise SystemExit(main())

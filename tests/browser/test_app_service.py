"""The app on a service, in a real browser, over a thin line that is cut: from drop to download."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from app_process import AppProcess, app_at, download, drop, wait_for_studio
from hosts.line import Line
from unit.service.conftest import Gate, Running

import splat_widgets as sw
from splat_widgets.embedded import demo_pair
from splat_widgets.service.records import Job

pytestmark = pytest.mark.browser
COUNT = 2 * 48 * 48  # Gaussians of the known model


class Behind:
    """A service whose model waits when it is told to, and the line to it."""

    def __init__(self, folder) -> None:
        self.gate = Gate()
        self.service = Running(folder, predictor=self.gate)
        self.line = Line(self.service.port, cut_all=True, bytes_per_s=1_000_000)
        self.url = f"http://127.0.0.1:{self.line.port}"

    def jobs(self, state: str) -> list[Job]:
        return [
            job for job in self.service.app.state.service.store.jobs.all() if job.state == state
        ]

    def close(self) -> None:
        self.gate.open.set()
        self.line.close()
        self.service.stop()


@pytest.fixture(scope="module")
def behind(tmp_path_factory) -> Iterator[Behind]:
    behind = Behind(tmp_path_factory.mktemp("service"))
    yield behind
    behind.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory, bundle, behind) -> Iterator[AppProcess]:
    with app_at(tmp_path_factory.mktemp("app"), "--service", behind.url) as running:
        yield running


def begin(page, behind: Behind) -> None:
    """Start a run; it waits on the service, in its first stage."""
    behind.gate.open.clear()
    page.locator(".sws-generate").click()
    now = ".sws[data-status=running] .sws-stages [data-state=active]"
    page.locator(now, has_text="Look").wait_for()


def test_a_visitors_run_outlives_the_line_and_the_session(app, behind, page, tmp_path) -> None:
    page.set_default_timeout(60_000)
    page.goto(app.address, wait_until="commit")
    session = wait_for_studio(page)
    assert app.own.rpartition(":")[2] not in page.locator(".sws").inner_text()
    drop(page, *demo_pair())
    page.locator(".swu[data-ready='2']").wait_for()

    # The photos go over the thin line; then it is cut, which the page tells, and the run goes on.
    begin(page, behind)
    behind.line.arm(after_bytes=1, seconds=1.0)
    page.locator(".sws-summary", has_text="No answer from").wait_for()
    behind.gate.open.set()
    page.locator(".sws[data-status=done] .sws-download").wait_for()
    assert behind.line.cuts == 1 and len(behind.jobs("done")) == 1
    assert len(sw.load(download(page, ".sws-download", tmp_path))) == COUNT

    # Cancelling ends the job over there, although its model still waits.
    begin(page, behind)
    [job] = behind.jobs("running")
    page.locator(".sws-cancel").click()
    page.locator(".sws[data-status=cancelled]").wait_for()
    assert behind.service.app.state.service.store.jobs.get(job.id).state == "cancelled"

    # The session dies in the middle of a run: its job does not, and its id finds the scene.
    begin(page, behind)
    [job] = behind.jobs("running")
    family = psutil.Process(app.process.pid).children(recursive=True)
    next(one for one in family if session in " ".join(one.cmdline())).kill()
    page.locator(".sws-lost", has_text="Reload the page").wait_for()
    behind.gate.open.set()
    assert len(sw.connect(behind.url).resume(job.id)) == COUNT

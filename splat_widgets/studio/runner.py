"""One reconstruction at a time, in the background: stages, times, cancelling."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Protocol

from splat_widgets.jobs.worker import Worker
from splat_widgets.studio.records import ACTIVE, RunItem, StageItem, Status

logger = logging.getLogger(__name__)

MIN_INTERVAL_S = 0.08  # between progress messages: Jupyter drops floods of them without a word
STAGES = {  # as `reconstruct` names them, after the model's; with what the panel calls them
    "model": "Model",
    "load": "Photos",
    "encode": "Encode",
    "decode": "Decode",
    "heads": "Gaussians",
    "assemble": "Assemble",
}
# One worker for all studios of the process: they share the model and the device.
_worker = Worker("splat-reconstruct")


class ProgressLike(Protocol):
    """What `reconstruct` reports: `stage` is doing step `done` of `total`."""

    @property
    def stage(self) -> str: ...  # noqa: D102
    @property
    def done(self) -> float: ...  # noqa: D102
    @property
    def total(self) -> float: ...  # noqa: D102


Job = Callable[[Callable[[ProgressLike], None]], Any]
"""The work: gets a function to report progress to, which raises to cancel."""


class Run(Future):
    """A reconstruction that is going on; its `result()` is the scene.

    In a notebook cell `await run` gives the scene while the panel stays alive. A cancelled run
    raises `splat_widgets.reconstruction.Cancelled`.
    """

    def __await__(self) -> Generator[Any, None, Any]:
        return asyncio.wrap_future(self).__await__()


@dataclass
class _Stage:
    name: str
    began_s: float
    ended_s: float | None = None
    fraction: float = 0.0


@dataclass(frozen=True)
class RunState:
    """A moment of a run."""

    status: Status = "idle"
    stages: tuple[StageItem, ...] = ()
    seconds: float = 0.0
    detail: str = ""  # what it waits for while queued, or why it failed

    def item(self) -> RunItem:
        """For the front end."""
        return RunItem(
            status=self.status,
            stages=list(self.stages),
            seconds=self.seconds,
            detail=self.detail,
        )


class Runner:
    """Starts, watches and cancels one run at a time. Safe to call from several threads."""

    def __init__(
        self,
        changed: Callable[[RunState], None],
        *,
        cancelled: Callable[[], type[BaseException]],
        explain: Callable[[BaseException], str] = str,
        worker: Worker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a runner.

        Args:
            changed: called with every new state, at most about 12 times a second while a stage
                goes on; in the thread that made the change.
            cancelled: gives the exception class that stops the work when raised in its progress
                function.
            explain: what to say of an exception that ended a run.
            worker: where runs take place; one for the process if not given.
            clock: seconds.
        """
        self._changed = changed
        self._cancelled = cancelled
        self._explain = explain
        self._worker = worker or _worker
        self._clock = clock
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._stages: list[_Stage] = []
        self._began_s = 0.0
        self._ended_s: float | None = None
        self._told_s = float("-inf")
        self.state = RunState()

    @property
    def is_busy(self) -> bool:
        """Whether a run is queued or going on."""
        return self.state.status in ACTIVE

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began, or that its work took."""
        ended = self._ended_s
        return (self._clock() if ended is None else ended) - self._began_s

    def start(self, job: Job, finish: Callable[[Any], Any] = lambda scene: scene) -> Run:
        """Queue a run.

        Args:
            job: the work.
            finish: takes what the job returned, still in the worker, before the run counts as done.

        Raises:
            RuntimeError: if one is going on.
        """
        with self._lock:
            if self.is_busy:
                raise RuntimeError("a run is going on; wait for it or cancel it first")
            self._stop.clear()
            self._stages = []
            self._began_s, self._ended_s = self._clock(), None
            self._tell("queued")
        run = Run()
        run.set_running_or_notify_cancel()  # cancelling goes through `cancel`, between steps
        self._worker.submit(lambda: self._work(job, finish, run))
        return run

    def cancel(self) -> bool:
        """Ask the run to stop at its next step; False if there is none."""
        with self._lock:
            if not self.is_busy:
                return False
            self._stop.set()
            self._tell("cancelling")
            return True

    def enter(self, stage: str, fraction: float = 0.0) -> None:
        """The run is in a stage; raises if it was cancelled."""
        if self._stop.is_set():
            raise self._cancelled()("cancelled")
        with self._lock:
            now = self._clock()
            current = self._stages[-1] if self._stages else None
            is_new = current is None or current.name != stage
            if is_new:
                if current is not None:
                    current.ended_s, current.fraction = now, 1.0
                current = _Stage(stage, now)
                self._stages.append(current)
            assert current is not None
            current.fraction = min(1.0, max(current.fraction, fraction))
            if is_new or now - self._told_s >= MIN_INTERVAL_S:
                self._tell(self.state.status)

    def _work(self, job: Job, finish: Callable[[Any], Any], run: Run) -> None:
        try:
            with self._lock:
                self._began_s = self._clock()
                if not self._stop.is_set():
                    self._tell("running")
            scene = job(lambda p: self.enter(p.stage, p.done / p.total if p.total else 0.0))
            if self._stop.is_set():
                raise self._cancelled()("cancelled")
            with self._lock:  # what `finish` takes is not the run's: one time, wherever it is shown
                self._ended_s = self._clock()
            scene = finish(scene)
        except BaseException as error:  # also KeyboardInterrupt: nothing may kill the worker
            stopped = self._stop.is_set() or isinstance(error, self._cancelled())
            self._end("cancelled" if stopped else "failed", "" if stopped else self._explain(error))
            run.set_exception(error)
        else:
            self._end("done")
            run.set_result(scene)

    def _end(self, status: Status, detail: str = "") -> None:
        with self._lock:
            if self._ended_s is None:
                self._ended_s = self._clock()
            if self._stages:
                self._stages[-1].ended_s = self._ended_s
                if status == "done":
                    self._stages[-1].fraction = 1.0
            self._tell(status, detail)

    def _tell(self, status: Status, detail: str = "") -> None:
        now = self._told_s = self._clock()
        done = {stage.name: stage for stage in self._stages}
        names = [*STAGES, *(name for name in done if name not in STAGES)]
        items = []
        for name in names:
            stage = done.get(name)
            ended = stage is not None and stage.ended_s is not None
            is_over = status in ("cancelled", "failed")
            finished = ended and not (is_over and stage is self._stages[-1])
            items.append(
                StageItem(
                    name=name,
                    label=STAGES.get(name, name),
                    state="waiting" if stage is None else "done" if finished else "active",
                    fraction=0.0 if stage is None else stage.fraction,
                    seconds=0.0 if stage is None else (stage.ended_s or now) - stage.began_s,
                )
            )
        self.state = replace(
            self.state,
            status=status,
            stages=tuple(items),
            seconds=self.elapsed_s,
            detail=detail,
        )
        self._changed(self.state)

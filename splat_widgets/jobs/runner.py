"""One run at a time, in the background: its stages, their times, cancelling."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from splat_widgets import events
from splat_widgets.jobs.explain import explain
from splat_widgets.jobs.run_metrics import Outcome, RunMetrics
from splat_widgets.jobs.worker import Worker
from splat_widgets.models.predictor import Stage
from splat_widgets.reconstruction import Cancelled

Status = Literal["idle", "queued", "running", "cancelling", "done", "cancelled", "failed"]
ACTIVE = ("queued", "running", "cancelling")
MIN_INTERVAL_S = 0.08  # between progress reports: Jupyter drops floods of messages silently
# One worker for all runners of the process: they share the model and the device.
shared_worker = Worker("splat-reconstruct")


class ProgressLike(Protocol):
    """What `reconstruct` reports: `stage` is doing step `done` of `total`."""

    @property
    def stage(self) -> str: ...  # noqa: D102
    @property
    def done(self) -> float: ...  # noqa: D102
    @property
    def total(self) -> float: ...  # noqa: D102


Job = Callable[[Callable[[ProgressLike], None]], Any]
"""The work: gets a function to report progress to, which raises `Cancelled` to stop it."""


class Run(Future):
    """A run that is going on; its `result()` is the scene.

    In a notebook cell `await run` gives the scene while the panel stays alive. A cancelled run
    raises `splat_widgets.reconstruction.Cancelled`.
    """

    metrics: RunMetrics | None = None  # once the run has ended

    def __await__(self) -> Generator[Any, None, Any]:
        return asyncio.wrap_future(self).__await__()


@dataclass(frozen=True)
class StageState:
    """A stage at one moment of a run."""

    name: str
    label: str  # for the user
    state: Literal["waiting", "active", "done"] = "waiting"
    fraction: float = 0.0  # 0 to 1
    seconds: float = 0.0


@dataclass(frozen=True)
class RunState:
    """A run at one moment."""

    status: Status = "idle"
    stages: tuple[StageState, ...] = ()
    seconds: float = 0.0  # since it began
    detail: str = ""  # what it waits for, or why it failed


@dataclass
class _Stage:
    name: str
    began_s: float
    ended_s: float | None = None
    fraction: float = 0.0

    def seconds(self, now: float) -> float:
        return (now if self.ended_s is None else self.ended_s) - self.began_s


class Runner:
    """Starts, watches and cancels one run at a time. Safe to call from several threads."""

    def __init__(
        self,
        changed: Callable[[RunState], None],
        *,
        worker: Worker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a runner.

        Args:
            changed: called with every new state, at most about 12 times a second while a stage
                goes on; in the thread that made the change.
            worker: where runs take place; one for the process if not given.
            clock: seconds.
        """
        self._changed = changed
        self._worker = worker or shared_worker
        self._clock = clock
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._labels: dict[str, str] = {}  # of the expected stages, by name, in order
        self._stages: list[_Stage] = []
        self._queued_s = self._began_s = 0.0
        self._ended_s: float | None = None
        self._last_report_s = float("-inf")
        self.state = RunState()

    @property
    def is_busy(self) -> bool:
        """Whether a run is queued or going on."""
        return self.state.status in ACTIVE

    def start(
        self,
        job: Job,
        finish: Callable[[Any, RunMetrics], Any] | None = None,
        *,
        stages: Sequence[Stage] = (),
    ) -> Run:
        """Queue a run.

        Args:
            job: the work.
            finish: gets what the job returned and what it took, still in the worker, before the
                run counts as done; the run's result is what it returns.
            stages: the expected stages, in order, for those who watch.

        Raises:
            RuntimeError: if one is going on.
        """
        with self._lock:
            if self.is_busy:
                raise RuntimeError("a run is going on; wait for it or cancel it first")
            self._stop.clear()
            self._labels = {stage.name: stage.label for stage in stages}
            self._stages = []
            self._queued_s = self._began_s = self._clock()
            self._ended_s = None
            self._report("queued")
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
            self._report("cancelling")
            return True

    def enter(self, stage: str, fraction: float = 0.0, note: str = "") -> None:
        """The run is in a stage, and this part of it is over; `note` says what it waits for.

        Raises:
            Cancelled: if the run was cancelled.
        """
        self._check()
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
            is_said = note == self.state.detail or self.state.status == "cancelling"
            if is_new or not is_said or now - self._last_report_s >= MIN_INTERVAL_S:
                self._report(self.state.status, note)

    def _check(self) -> None:
        if self._stop.is_set():
            raise Cancelled("cancelled")

    def _work(self, job: Job, finish: Callable[[Any, RunMetrics], Any] | None, run: Run) -> None:
        scene = None
        try:
            with events.telling("run", cancelled=(Cancelled,)):
                scene = self._do(job)
            run.metrics = self._measure("done", scene)
            if finish is not None:
                scene = finish(scene, run.metrics)
        except BaseException as error:  # also KeyboardInterrupt: nothing may kill the worker
            stopped = self._stop.is_set() or isinstance(error, Cancelled)
            outcome: Outcome = "cancelled" if stopped else "failed"
            if run.metrics is not None:  # the run's own event says "done": what followed failed
                events.tell("error", "failed", error=error, where="showing a scene")
            self._end(outcome, "" if stopped else explain(error))
            run.metrics = self._measure(outcome, scene)
            run.set_exception(error)
        else:
            self._end("done")
            run.set_result(scene)

    def _do(self, job: Job) -> Any:
        with self._lock:
            self._began_s = self._clock()
            events.note(queued_s=round(self._began_s - self._queued_s, 3))
            if not self._stop.is_set():
                self._report("running")
        try:
            scene = job(self._follow)
            self._check()
            with self._lock:  # the time of `finish` does not count: every place shows one time
                self._close_stages("done")
            return scene
        finally:
            events.note(stages={s.name: round(s.seconds(self._clock()), 3) for s in self._stages})

    def _follow(self, progress: ProgressLike) -> None:
        fraction = progress.done / progress.total if progress.total else 0.0
        self.enter(progress.stage, fraction, getattr(progress, "note", ""))

    def _measure(self, outcome: Outcome, scene: Any) -> RunMetrics:
        with self._lock:
            stages = tuple((stage.name, stage.seconds(self._clock())) for stage in self._stages)
            return RunMetrics.of(outcome, self._elapsed_s(), stages, scene)

    def _close_stages(self, status: Outcome) -> None:
        if self._ended_s is None:
            self._ended_s = self._clock()
        if self._stages:
            self._stages[-1].ended_s = self._ended_s
            if status == "done":
                self._stages[-1].fraction = 1.0

    def _end(self, status: Outcome, detail: str = "") -> None:
        with self._lock:
            self._close_stages(status)
            self._report(status, detail)

    def _elapsed_s(self) -> float:
        ended = self._ended_s
        return (self._clock() if ended is None else ended) - self._began_s

    def _report(self, status: Status, detail: str = "") -> None:
        now = self._last_report_s = self._clock()
        begun = {stage.name: stage for stage in self._stages}
        names = dict.fromkeys([*self._labels, *begun])
        stages = tuple(self._stage_state(name, begun.get(name), status, now) for name in names)
        self.state = RunState(status, stages, self._elapsed_s(), detail)
        self._changed(self.state)

    def _stage_state(
        self, name: str, stage: _Stage | None, status: Status, now: float
    ) -> StageState:
        label = self._labels.get(name, name)
        if stage is None:
            return StageState(name, label)
        # The stage in which a run was cancelled or failed has an end but was not done.
        is_broken = status in ("cancelled", "failed") and stage is self._stages[-1]
        is_done = stage.ended_s is not None and not is_broken
        state = "done" if is_done else "active"
        return StageState(name, label, state, stage.fraction, stage.seconds(now))

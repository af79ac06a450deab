"""What is done with one job, in whatever process: photos to a scene, and the scene's files."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from splat_widgets import events, io
from splat_widgets.reconstruction import Cancelled, Progress, reconstruct, stages
from splat_widgets.scene.scene import Scene
from splat_widgets.service import traces
from splat_widgets.service.cameras import camera_of
from splat_widgets.service.logs import log_job
from splat_widgets.service.model import ServiceModel
from splat_widgets.service.outputs import READY, key_of
from splat_widgets.service.problems import Problem, problem_of, refuse
from splat_widgets.service.records import Job, StageSeconds, Step, Verdict
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.stores import Store
from splat_widgets.service.turns import Interrupted, Turn, TurnLost

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 3  # a job that ended the process so often is not begun again
_TELL_S = 0.15  # between records of a job that goes on
_LOOK_S = 0.1  # between looks for the wish to stop
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0  # before a record is tried again


@dataclass(frozen=True)
class _Bytes:
    name: str
    data: bytes


class JobWorker:
    """Does jobs. One is shared by all threads of a process."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: Store,
        model: ServiceModel,
        ended: Callable[[Job], object] = lambda _: None,
        began: Callable[[Job], object] = lambda _: None,
    ) -> None:
        """`ended` is told of every job that has ended, for metrics; `began` of every run."""
        self._settings = settings
        self._store = store
        self._model = model
        self._ended = ended
        self._began = began
        self._leaving = threading.Event()

    def interrupt(self) -> None:
        """Let the jobs that go on begin anew with the next service."""
        self._leaving.set()

    def run(self, id: str) -> None:
        """Do the job of an id; nothing happens if it has ended, is not there or another has it."""
        known = self._store.jobs.get(id)
        if known is None or known.is_over:
            return
        with self._store.turns.taken(known) as turn:
            job = self._store.jobs.get(id)  # it may have ended before the turn was ours
            if turn is None or job is None or job.is_over:
                return
            if self._store.jobs.is_asked_to_stop(id):
                self.end(job, Problem.of("cancelled", "The run was cancelled"))
            elif turn.attempts >= MOST_ATTEMPTS:
                self.end(job, _LOST)
            else:
                self._run(replace(job, attempts=turn.attempts).begun(), turn)

    def _run(self, job: Job, turn: Turn) -> None:
        self._keep(job, turn.tell)
        self._began(job)
        watch = _Watch(job, turn, self._leaving)
        traces.past("splat queue", job.created, job.started or job.created, job.trace)
        try:
            with (
                traces.span("splat job", job.trace, job=job.id[:8], request_id=job.request_id),
                watch.traced(),
                events.telling("run", cancelled=(Cancelled,), request_id=job.request_id),
            ):
                ended = self._done(job, watch)
        except Interrupted:
            turn.give_back(job)
        except TurnLost:
            self._store.objects.delete(f"outputs/{job.id}/{turn.number}")
        except BaseException as error:  # nothing may end the worker, nor leave photos behind
            problem = _problem(error, job, self._settings.job_ttl)
            is_end = self._close(watch.job.failed(problem), turn.tell, error)
            run = "" if is_end else f"/{turn.number}"  # those of killed runs go with a job
            self._store.objects.delete(f"outputs/{job.id}{run}")
        else:
            if not self._close(ended, turn.tell):
                self._store.objects.delete(f"outputs/{job.id}/{turn.number}")

    def end(self, job: Job, problem: Problem) -> None:
        """A job that nobody does ends with a problem."""
        if self._close(job.failed(problem), self._store.jobs.put):
            self._store.objects.delete(f"outputs/{job.id}")

    def _done(self, job: Job, watch: _Watch) -> Job:
        model = self._model.load()
        watch.labels = {stage.name: stage.label for stage in stages(model)}
        chosen = job.options
        scene = reconstruct(
            self._photos(job),
            refine=chosen.refine,
            gaussian_size=chosen.gaussian_size,
            focal_px=None if chosen.focals_px is None else list(chosen.focals_px),
            cameras=None if chosen.cameras is None else [camera_of(c) for c in chosen.cameras],
            crops=chosen.crops,
            keep_all=chosen.keep_all,
            same_exposure=chosen.same_exposure,
            model=model,
            image_size=chosen.image_size or self._settings.kernel.image_size,
            max_file_size=self._settings.kernel.max_file_size,
            progress=watch,
        )
        files = str(watch.turn.number)
        self._write(replace(job, files=files), scene)
        watch.look()
        found, timings = scene.refinement, scene.timings
        return replace(
            watch.job,
            state="done",
            ended=time.time(),
            photos=(),
            step=replace(watch.job.step, fraction=1.0),
            stages=tuple(
                StageSeconds(name, watch.labels.get(name, name), round(seconds, 4))
                for name, seconds in timings.stages
            ),
            verdict=found
            and Verdict(found.sentence, found.answered, found.applied, str(found.reason)),
            notices=tuple(scene.notices),
            num_gaussians=len(scene),
            outputs=READY,
            files=files,
        )

    def _photos(self, job: Job) -> Sequence[_Bytes]:
        photos = []
        with traces.span("splat storage", files="photos", way="get"):
            for photo in job.photos:
                with self._store.objects.open(photo.key) as file:
                    photos.append(_Bytes(photo.name, file.read()))
        return photos

    def _write(self, job: Job, scene: Scene) -> None:
        """The files that lie ready when the job counts as done; nobody sees them before."""
        folder = Path(tempfile.mkdtemp(dir=self._store.scratch))
        try:
            for form in READY:
                path = io.write(folder / f"scene.{form}", scene)
                with traces.span("splat storage", files=form, way="put"):
                    self._store.objects.put(key_of(job, form), path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _close(
        self, job: Job, put: Callable[[Job], bool], error: BaseException | None = None
    ) -> bool:
        """The job has ended; False if it has ended before, in another way.

        The record goes first: a job without photos could not begin anew. A sweep deletes the photos
        that a kill leaves between the two.
        """
        if not self._keep(job, put):
            return False
        log_job(job, error)
        self._ended(job)
        self._store.objects.delete(f"photos/{job.id}")
        return True

    def _keep(self, job: Job, put: Callable[[Job], bool]) -> bool:
        """Keep a record, again and again while the storage cannot: a full disk loses no job.

        Raises:
            Exception: of the storage, once the service ends or the job is too old. Then the next
                service finds the job, or a sweep ends it.
        """
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return put(job)
            except Exception as error:
                if self._leaving.is_set() or time.time() - job.created >= self._settings.job_ttl:
                    raise
                why = getattr(error, "strerror", None) or type(error).__name__
                logger.warning("job %s cannot be kept (%s); trying again", job.id[:8], why)
            self._leaving.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class _Watch:
    """The progress function of a run: writes where it is, and stops it."""

    def __init__(self, job: Job, turn: Turn, leaving: threading.Event) -> None:
        self.job = job
        self.turn = turn
        self.labels: dict[str, str] = {}
        self._leaving = leaving
        self._began: dict[str, float] = {}  # stages, in their order
        self._last: Progress | None = None
        self._zero = 0.0  # when the run began, s since 1970
        self._told_s = self._looked_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._looked_s >= _LOOK_S:
            self._looked_s = now
            self.look()
        is_new = progress.stage not in self._began
        self._began.setdefault(progress.stage, progress.seconds)
        self._zero = self._zero or time.time() - progress.seconds
        self._last = progress
        if is_new or now - self._told_s >= _TELL_S:
            self._told_s = now
            self.job = replace(self.job, step=_step(progress), stages=self._stages(progress))
            with suppress(OSError):  # of a full disk: the end alone has to be kept
                self.turn.tell(self.job)

    def look(self) -> None:
        """Stop the run if somebody wants that.

        Raises:
            Cancelled: if so.
        """
        self.turn.look()
        if self._leaving.is_set():
            raise Interrupted("the service ends")

    @contextmanager
    def traced(self) -> Iterator[None]:
        """A span for each stage of the run in the `with`, once it has ended."""
        try:
            yield
        finally:
            began = self._zero
            for stage in self._stages(self._last) if self._last else ():
                ended = began + stage.seconds
                traces.past(f"splat stage {stage.name}", began, ended)
                began = ended

    def _stages(self, progress: Progress) -> tuple[StageSeconds, ...]:
        names = list(self._began)
        ends = [*(self._began[name] for name in names[1:]), progress.seconds]
        return tuple(
            StageSeconds(name, self.labels.get(name, name), round(end - self._began[name], 3))
            for name, end in zip(names, ends, strict=True)
        )


def _step(progress: Progress) -> Step:
    seconds, fraction = round(progress.seconds, 3), round(progress.fraction, 4)
    return Step(progress.stage, progress.done, progress.total, fraction, seconds)


def _problem(error: BaseException, job: Job, job_ttl: int) -> Problem:
    if isinstance(error, Cancelled) and time.time() - job.created >= job_ttl:
        return refuse("expired", f"The job took longer than {job_ttl} s and was given up").problem
    return problem_of(error)


_LOST = Problem.of(
    "lost",
    f"The job ended the service's worker {MOST_ATTEMPTS} times and was given up; try fewer or "
    "smaller photos",
)

"""Progress, cancelling, time and memory of a run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch

from splat_widgets.models.predictor import Stage

logger = logging.getLogger(__name__)

LOAD = Stage("load", "Photos", 0.02)
MATCH = Stage("match", "Match", 0.04)
CAMERAS = Stage("cameras", "Cameras", 0.04)
DEPTH = Stage("depth", "Depth", 0.06)
ASSEMBLE = Stage("assemble", "Assemble", 0.02)
_SAMPLE_INTERVAL_S = 0.02


class Cancelled(Exception):
    """A progress function raises this to stop the run; `reconstruct` then raises it too."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    stage: str  # name of one of `stages`
    done: int  # steps of this stage that are over
    total: int  # steps of this stage
    seconds: float  # since the run began
    fraction: float  # estimated part of the whole run that is over, 0 to 1
    note: str = ""  # what the run waits for, if it does


Report = Callable[[Progress], object]


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A function to report to that draws a tqdm bar."""
    from tqdm.auto import tqdm

    form = "{desc:<8} {percentage:3.0f}%|{bar}| {elapsed}"
    with tqdm(total=1.0, bar_format=form) as bar:

        def report(progress: Progress) -> None:
            bar.set_description_str(progress.note or progress.stage, refresh=bool(progress.note))
            bar.update(max(0.0, progress.fraction - bar.n))

        yield report


class Stopwatch:
    """Times the stages of a run and reports their steps.

    A stage begins with its first step and ends where another one begins, or with `finish`.
    """

    def __init__(self, report: Report, stages: Sequence[Stage], device: torch.device) -> None:
        """`device` is waited for at the end of each stage, so that its work is counted there."""
        self.seconds: dict[str, float] = {}
        self._report = report
        self._device = device
        self._shares = {stage.name: stage.share for stage in stages}
        self._over = dict.fromkeys(self._shares, 0.0)  # part of each stage that is over
        self._now: tuple[str, int, int] | None = None  # the step that is going on
        self._began_s = self._stage_began_s = time.perf_counter()

    def step(self, stage: str, done: int = 0, total: int = 1) -> None:
        """A step begins, `done` of `total` are over. What the report raises ends the run.

        Raises:
            ValueError: for a stage that was not declared.
        """
        if stage not in self._shares:
            declared = ", ".join(self._shares)
            raise ValueError(f"expected a declared stage ({declared}), got {stage!r}")
        if self._now is not None and self._now[0] != stage:
            self.finish()
        self._now = (stage, done, total)
        self._tell(stage, done, total)

    def finish(self) -> None:
        """The step that is going on is over, and its stage with it."""
        assert self._now is not None, "no step has begun"
        stage, done, total = self._now
        _wait_for(self._device)
        began_s, self._stage_began_s = self._stage_began_s, time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + self._stage_began_s - began_s
        logger.info("%s: %.2f s", stage, self.seconds[stage])
        self._now = None
        self._tell(stage, done + 1, total)

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._over[stage] = done / total if total else 1.0
        over = sum(share * self._over[name] for name, share in self._shares.items())
        seconds = time.perf_counter() - self._began_s
        self._report(Progress(stage, done, total, seconds, over / sum(self._shares.values())))


class PeakMemory:
    """Largest memory of the process, sampled, and of a CUDA device, exact, inside a `with`.

    PyTorch keeps one peak per process and device; entering resets it.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="splat-peak-memory", daemon=True)
        self.process_bytes = 0
        self.device_bytes: int | None = None

    def __enter__(self) -> PeakMemory:
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def read(self) -> tuple[int, int | None]:
        """Largest bytes so far: of the process, of the CUDA device."""
        self._look()
        if self._device.type == "cuda":
            self.device_bytes = torch.cuda.max_memory_allocated(self._device)
        return self.process_bytes, self.device_bytes

    def _look(self) -> None:
        self.process_bytes = max(self.process_bytes, self._process.memory_info().rss)

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_INTERVAL_S):
            self._look()


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()

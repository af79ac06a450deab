"""Progress, cancelling, time and memory of a run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import psutil
import torch

logger = logging.getLogger(__name__)

Stage = Literal["load", "encode", "decode", "heads", "assemble"]
STAGES: tuple[Stage, ...] = get_args(Stage)
_SHARE = {"load": 0.02, "encode": 0.48, "decode": 0.28, "heads": 0.2, "assemble": 0.02}
"""Usual share of the time, full-size network on a CPU: keeps the bar even."""
_SAMPLE_INTERVAL_S = 0.02


class Cancelled(Exception):
    """Raised by a progress function to stop the run, and out of `reconstruct` when it did."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    stage: Stage
    done: int  # steps of this stage that are over
    total: int  # steps of this stage
    seconds: float  # since the run began

    @property
    def fraction(self) -> float:
        """Estimated part of the whole run that is over, 0 to 1."""
        before = sum(_SHARE[stage] for stage in STAGES[: STAGES.index(self.stage)])
        return before + _SHARE[self.stage] * (self.done / self.total if self.total else 0.0)


Report = Callable[[Progress], object]


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A tqdm bar, as a function to report to."""
    from tqdm.auto import tqdm

    form = "{desc:<8} {percentage:3.0f}%|{bar}| {elapsed}"
    with tqdm(total=1.0, bar_format=form) as bar:

        def report(progress: Progress) -> None:
            bar.set_description_str(progress.stage, refresh=False)
            bar.update(max(0.0, progress.fraction - bar.n))

        yield report


class Stopwatch:
    """Times the stages of a run and reports their steps."""

    def __init__(self, report: Report, device: torch.device) -> None:
        """`device` is waited for at the end of each stage, so that its work is counted there."""
        self.seconds: dict[Stage, float] = {}
        self._report = report
        self._device = device
        self._began_s = time.perf_counter()
        self._total = 1

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """A stage; `step` may be called within, else it has one step."""
        began_s = time.perf_counter()
        self._total = 1
        self.step(stage, 0, 1)
        yield
        _wait_for(self._device)
        self.seconds[stage] = time.perf_counter() - began_s
        logger.info("%s: %.2f s", stage, self.seconds[stage])
        self.step(stage, self._total, self._total)

    def step(self, stage: Stage, done: int, total: int) -> None:
        """Report a step; what the report raises ends the run."""
        self._total = total
        self._report(Progress(stage, done, total, time.perf_counter() - self._began_s))


class PeakMemory:
    """Largest memory while it is entered: of the process, sampled; of a CUDA device, exactly.

    The device's peak statistics are PyTorch's own, one per process, and are reset on entering.
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
        """Bytes so far: of the process, of the CUDA device."""
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

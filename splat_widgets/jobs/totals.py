"""What this process has done so far, in numbers: for a user, and for whoever watches a server."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil
import torch

from splat_widgets import events
from splat_widgets.jobs.runner import shared_worker
from splat_widgets.sizes import format_bytes

PERCENTILES = (50, 90, 99)


@dataclass(frozen=True)
class Gpu:
    """A CUDA device at this moment."""

    name: str
    used_bytes: int  # by all processes
    total_bytes: int
    busy: float | None  # share of the last second in which it worked; None without NVML


@dataclass(frozen=True)
class Totals:
    """Counts since the process began, times of its last runs, and what it holds now."""

    counts: Mapping[str, Mapping[str, int]]  # kind of event -> outcome -> number
    errors: Mapping[str, int]  # class of the exception -> number
    run_seconds: Mapping[int, float]  # percentile -> seconds of the last runs that ended well
    stage_seconds: Mapping[str, Mapping[int, float]]  # the same, by stage
    queue_depth: int  # runs that wait or go on
    memory_bytes: int  # of this process
    gpus: tuple[Gpu, ...] = ()

    def __repr__(self) -> str:
        """One line for each subject."""
        lines = [(kind, _listed(outcomes)) for kind, outcomes in self.counts.items()]
        lines += [("errors", _listed(self.errors))] if self.errors else []
        lines += [("run time", _times(self.run_seconds))] if self.run_seconds else []
        lines += [(f"  {stage}", _times(times)) for stage, times in self.stage_seconds.items()]
        lines += [("queue", f"{self.queue_depth} waiting or going on")]
        lines += [("memory", f"{format_bytes(self.memory_bytes)} in this kernel")]
        lines += [("GPU", _gpu_line(gpu)) for gpu in self.gpus]
        return "\n".join(f"{subject:<12} {text}" for subject, text in lines)


def totals() -> Totals:
    """What `splat_widgets.jobs.metrics` says."""
    history = events.history()
    counts: dict[str, dict[str, int]] = {}
    for (kind, outcome), number in sorted(history.counts.items()):
        counts.setdefault(kind, {})[outcome] = number
    runs = [e for e in history.last if (e.kind, e.outcome) == ("run", "done")]
    stages: dict[str, list[float]] = {}
    for run in runs:
        for stage, seconds in run.fields.get("stages", {}).items():
            stages.setdefault(stage, []).append(seconds)
    return Totals(
        counts=counts,
        errors=dict(sorted(history.errors.items())),
        run_seconds=percentiles([e.seconds for e in runs if e.seconds is not None]),
        stage_seconds={stage: percentiles(seconds) for stage, seconds in stages.items()},
        queue_depth=shared_worker.depth,
        memory_bytes=psutil.Process().memory_info().rss,
        gpus=gpus(),
    )


def percentiles(seconds: Sequence[float]) -> dict[int, float]:
    """The values below which `PERCENTILES` percent of some numbers lie; empty for none."""
    if not seconds:
        return {}
    if len(seconds) == 1:
        return dict.fromkeys(PERCENTILES, seconds[0])
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {percent: cuts[percent - 1] for percent in PERCENTILES}


def gpus() -> tuple[Gpu, ...]:
    """The CUDA devices that this process uses."""
    # Only devices that this process uses: a look must not take memory on the others.
    if not (torch.cuda.is_available() and torch.cuda.is_initialized()):
        return ()
    gpus = []
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        gpus.append(Gpu(torch.cuda.get_device_name(number), total - free, total, _busy(number)))
    return tuple(gpus)


def _busy(number: int) -> float | None:
    try:
        return torch.cuda.utilization(number) / 100  # through NVML
    except Exception:  # without nvidia-ml-py, or where the driver does not tell: many classes
        return None


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items())


def _times(times: Mapping[int, float]) -> str:
    return ", ".join(f"p{percent} {seconds:.2f} s" for percent, seconds in times.items())


def _gpu_line(gpu: Any) -> str:
    busy = "" if gpu.busy is None else f", {gpu.busy:.0%} busy"
    return f"{gpu.name}, {format_bytes(gpu.used_bytes)} of {format_bytes(gpu.total_bytes)}{busy}"

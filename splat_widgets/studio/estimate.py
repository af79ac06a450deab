"""Time and memory that a run will take, said before it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from splat_widgets.scene.reconstruction import Timings
from splat_widgets.sizes import about_gigabytes

BYTES_PER_PHOTO = 100 * 10**6  # its maps, Gaussians and prediction
_REFINEMENT = ("cameras", "depth")  # stages that a run without refinement does not spend time in
_REFINE_S = 2.0  # for each photo, on two cores; until a run has shown what it takes here


@dataclass(frozen=True)
class Estimate:
    """What a run will take, about."""

    seconds: float
    memory_bytes: int | None = None  # of the process; None if that is not known

    def __str__(self) -> str:
        memory = "" if self.memory_bytes is None else f", {about_gigabytes(self.memory_bytes)}"
        return f"about {_duration(self.seconds)}{memory}"


@dataclass(frozen=True)
class PastRun:
    """A run to estimate the next one from."""

    timings: Timings
    num_photos: int
    refined: bool

    def scaled(self, num_photos: int, refine: bool) -> Estimate:
        """The same run with another number of photos.

        What is done for each photo grows with their number; matching with the number of pairs, and
        decoding with that of the pairs that a network puts together.
        """
        seconds = 0.0
        for stage, spent in self.timings.stages:
            if not refine and stage in _REFINEMENT:
                continue
            work = _WORK.get(stage, _each)
            seconds += spent * work(num_photos) / work(self.num_photos)
        if refine and not self.refined:
            seconds += _REFINE_S * num_photos
        more = BYTES_PER_PHOTO * max(0, num_photos - self.num_photos)
        return Estimate(seconds, self.timings.peak_memory_bytes + more)


def first(num_photos: int, refine: bool, *, embedded: bool, device: str) -> Estimate:
    """A run on a device where none has been yet.

    Args:
        num_photos: of the scene.
        refine: whether depth and Gaussians are refined.
        embedded: the small model that comes with the package; else the released one's size.
        device: "cpu" or another type of device, as PyTorch names it.
    """
    on_cpu = device == "cpu"
    each, pair = (0.3, 0.3) if embedded else (8.0, 8.0) if on_cpu else (0.3, 0.3)
    seconds = each * num_photos + pair * max(1, num_photos - 1) + _REFINE_S * num_photos * refine
    memory = (0.4 if embedded else 4.3) * 10**9 + BYTES_PER_PHOTO * num_photos
    return Estimate(seconds, round(memory))


def _each(num_photos: int) -> float:
    return num_photos


def _pairs(num_photos: int) -> float:
    return max(1, num_photos * (num_photos - 1) / 2)


def _chosen_pairs(num_photos: int) -> float:
    return max(1, num_photos - 1)


_WORK: dict[str, Callable[[int], float]] = {
    "match": _pairs,
    "decode": _chosen_pairs,
    "heads": _chosen_pairs,
}


def _duration(seconds: float) -> str:
    if seconds < 1.5:
        return "a second"
    if seconds < 10:
        return f"{round(seconds)} s"
    if seconds < 55:
        return f"{5 * math.ceil(seconds / 5)} s"
    minutes = seconds / 60
    return "a minute" if minutes < 1.3 else f"{math.ceil(minutes)} min"

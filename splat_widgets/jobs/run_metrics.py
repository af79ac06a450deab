"""What a run took, as one record for the list of scenes and for whoever awaited it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["done", "cancelled", "failed"]


@dataclass(frozen=True)
class RunMetrics:
    """What one run took. What a run that did not end well leaves unknown is None or empty."""

    outcome: Outcome
    seconds: float  # of the work: without the time in the queue, and without showing the scene
    stages: tuple[tuple[str, float], ...]  # name and seconds, in order
    device: str = ""  # as PyTorch names it
    peak_memory_bytes: int | None = None  # of the process
    peak_device_memory_bytes: int | None = None  # of a CUDA device
    num_photos: int | None = None
    num_gaussians: int | None = None

    @classmethod
    def of(
        cls, outcome: Outcome, seconds: float, stages: tuple[tuple[str, float], ...], scene: Any
    ) -> RunMetrics:
        """The record of a run; `scene` is what it made, or None."""
        timings = getattr(scene, "timings", None)
        photos = getattr(scene, "photos", None)
        gaussians = getattr(scene, "gaussians", None)
        return cls(
            outcome,
            seconds,
            stages,
            device=getattr(timings, "device", ""),
            peak_memory_bytes=getattr(timings, "peak_memory_bytes", None),
            peak_device_memory_bytes=getattr(timings, "peak_device_memory_bytes", None),
            num_photos=None if photos is None else len(photos),
            num_gaussians=None if gaussians is None else len(gaussians),
        )

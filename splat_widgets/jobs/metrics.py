"""What a run took, as one record for the log, the list of scenes and a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from splat_widgets.settings import format_bytes

Outcome = Literal["done", "cancelled", "failed"]


@dataclass(frozen=True)
class Metrics:
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
    ) -> Metrics:
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

    def __str__(self) -> str:
        """One line for the log."""
        memory = {"memory": self.peak_memory_bytes, "device memory": self.peak_device_memory_bytes}
        counts = {"photos": self.num_photos, "Gaussians": self.num_gaussians}
        parts = [
            f"{self.outcome} in {self.seconds:.2f} s",
            *(f"{name} {seconds:.2f} s" for name, seconds in self.stages),
            *([f"on {self.device}"] if self.device else []),
            *(f"{name} {format_bytes(size)}" for name, size in memory.items() if size is not None),
            *(f"{count:,} {name}" for name, count in counts.items() if count is not None),
        ]
        return ", ".join(parts)

"""Coordinates far from the origin, as maps have them: what float32 cannot hold is taken off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from splat_widgets.scene.source import Offset

_AWAY = 16.0  # distance from the origin over the extent of the scene
_LOST = 0.01  # step of float32 at that distance over the size of a Gaussian
_JUDGED = 50_000  # rows that percentiles are taken of


@dataclass(frozen=True)
class Moved:
    """Coordinates near the origin, and what was taken off."""

    means: np.ndarray  # (N, 3) float32
    rest: np.ndarray  # (N, 3) float64: what `means` lack of the doubles
    offset: Offset

    @property
    def sentence(self) -> str:
        """What was done, for the scene's notices."""
        listed = ", ".join(f"{value:.0f}" for value in self.offset)
        step = np.spacing(np.float32(np.abs(self.offset).max()))
        return (
            f"The coordinates lie far from the origin, where 32-bit numbers are {step:.2g} apart: "
            f"({listed}) is taken off them, and put back when the scene is saved "
            "(scene.source.offset)."
        )


def moved(columns: list[np.ndarray], log_scales: np.ndarray) -> Moved | None:
    """Coordinates without their offset; None where float32 holds them well enough.

    The offset is the median in whole units, of the axes that need it, so that the differences of
    doubles are exact.

    Args:
        columns: x, y and z, each (N,), of the file's own type.
        log_scales: (N, 3) of the same rows.
    """
    step = max(1, len(log_scales) // _JUDGED)
    places = np.stack([column[::step].astype(np.float64) for column in columns], -1)
    sizes = np.exp(log_scales[::step].astype(np.float64).max(-1))
    good = np.isfinite(places).all(-1) & np.isfinite(sizes)
    if not good.any():
        return None
    low, middle, high = np.percentile(places[good], [5, 50, 95], axis=0)
    size = float(np.median(sizes[good]))
    away, extent = np.abs(middle).max(), (high - low).max() + size
    if away < _AWAY * extent or np.spacing(np.float32(away)) < _LOST * size:
        return None
    offset = np.where(np.abs(middle) < _AWAY * extent, 0, np.round(middle))
    near = np.stack([column.astype(np.float64) for column in columns], -1) - offset
    means = near.astype(np.float32)
    x, y, z = offset.tolist()
    return Moved(means, near - means, (x, y, z))

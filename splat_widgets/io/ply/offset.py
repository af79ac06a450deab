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
    """What was taken off coordinates, and what they then lack."""

    rest: np.ndarray  # (N, 3) float64: what the means in 32 bits lack of the doubles
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


def moved(columns: list[np.ndarray], log_scales: np.ndarray, means: np.ndarray) -> Moved | None:
    """Take their offset off coordinates; None where float32 holds them well enough.

    The offset is the median in whole units, of the axes that need it, so that the differences of
    doubles are exact.

    Args:
        columns: x, y and z, each (N,), of the file's own type.
        log_scales: (N, 3) of the same rows.
        means: (N, 3) float32, where the coordinates without it are put.
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
    near = np.empty((len(log_scales), 3))
    for axis, column in enumerate(columns):
        np.subtract(column, offset[axis], out=near[:, axis], dtype=np.float64)
    means[:] = near
    near -= means  # in place: of a large file each copy is 24 bytes a row
    x, y, z = offset.tolist()
    return Moved(near, (x, y, z))

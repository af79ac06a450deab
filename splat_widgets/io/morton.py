"""The order of a curve that visits neighbours one after the other (Morton 1966)."""

from __future__ import annotations

import numpy as np

_BITS = 21  # of each axis: 63 in all


def morton_order(means: np.ndarray) -> np.ndarray:
    """(N,) indices that sort (N, 3) places along a Z-shaped curve through their box."""
    if not len(means):
        return np.zeros(0, np.int64)
    low, high = means.min(axis=0).astype(np.float64), means.max(axis=0).astype(np.float64)
    extent = np.where(high > low, high - low, 1)
    cells = ((means - low) / extent * (2**_BITS - 1)).astype(np.uint64)
    code = _spread(cells[:, 0]) | _spread(cells[:, 1]) << 1 | _spread(cells[:, 2]) << 2
    return np.argsort(code, kind="stable")


def _spread(cells: np.ndarray) -> np.ndarray:
    """Their bits, with two free bits after each."""
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        cells = (cells | cells << np.uint64(shift)) & np.uint64(mask)
    return cells

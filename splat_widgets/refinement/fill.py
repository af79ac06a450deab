"""Edge-aware smoothing of sparse values that follows their slopes a little way.

Each pixel's value is that of a line fitted to the values around it (moving least squares, Levin
1998). How much each of them counts there is told by the fast global smoother (Min et al. 2014):
weighted least squares whose smoothness ends at the edges of a guide picture, solved by alternating
exact tridiagonal solutions along rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STRENGTH = 250.0
EDGE_GREY = 6.0  # grey levels of contrast over which smoothness falls to 1 / e
_ITERATIONS = 3
_DECAY = 4.0  # of the strength from one iteration to the next
_RIDGE = 0.1  # variance of the known pixels' places, over the strength, that halves a slope
_WITHIN = 1.5  # standard deviations of the values around, beyond which no slope leads


def smoothed(
    values: np.ndarray,
    weights: np.ndarray,
    guide: np.ndarray,
    *,
    strength: float = STRENGTH,
    tick: Callable[[], object] = lambda: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Values where they are missing, from those in the same region of the guide.

    Args:
        values: (n, m); anything finite where the weight is 0.
        weights: (n, m) trust, at least 0.
        guide: (n, m) grey levels.
        strength: smoothness; grows with the square of the distance that is bridged.
        tick: called between solutions; what it raises ends the work.

    Returns:
        (n, m) smoothed values, and (n, m) the weight that reached each pixel.
    """
    n, m = values.shape
    y, x = (axis - axis.mean() for axis in np.mgrid[:n, :m].astype(np.float64))
    v = np.where(weights > 0, values, 0.0)
    terms = np.stack([np.ones_like(x), x, y, v, x * x, x * y, y * y, x * v, y * v, v * v])
    sums = _spread(terms * (weights + 1e-9), guide, strength, tick)
    mean_x, mean_y, mean, xx, xy, yy, xv, yv, vv = sums[1:] / np.maximum(sums[0], 1e-12)
    ridge = _RIDGE * strength
    variance_x = np.maximum(xx - mean_x**2, 0) + ridge
    variance_y = np.maximum(yy - mean_y**2, 0) + ridge
    shared, with_x, with_y = xy - mean_x * mean_y, xv - mean_x * mean, yv - mean_y * mean
    determinant = variance_x * variance_y - shared**2
    slope_x = (with_x * variance_y - with_y * shared) / determinant
    slope_y = (with_y * variance_x - with_x * shared) / determinant
    change = slope_x * (x - mean_x) + slope_y * (y - mean_y)
    most = _WITHIN * np.sqrt(np.maximum(vv - mean**2, 0))
    return mean + np.clip(change, -most, most), sums[0]


def _spread(
    fields: np.ndarray, guide: np.ndarray, strength: float, tick: Callable[[], object]
) -> np.ndarray:
    """(K, n, m) fields, each spread over the regions of the guide."""
    couplings = [np.exp(-np.abs(np.diff(guide, axis=axis)) / EDGE_GREY) for axis in (0, 1)]
    scale = 1.5 / (_DECAY**_ITERATIONS - 1)
    for iteration in range(_ITERATIONS):
        now = strength * scale * _DECAY ** (_ITERATIONS - 1 - iteration)
        tick()
        fields = _solved(fields, now * couplings[0])
        tick()
        fields = _solved(fields.swapaxes(1, 2), now * couplings[1].T).swapaxes(1, 2)
    return fields


def _solved(fields: np.ndarray, coupling: np.ndarray) -> np.ndarray:
    """(1 + L) x = fields along axis 1, L the Laplacian with (n - 1, m) couplings (Thomas 1949)."""
    n, m = fields.shape[1:]
    above = np.concatenate([np.zeros((1, m)), coupling])
    below = np.concatenate([coupling, np.zeros((1, m))])
    pivot = 1 + above + below
    result = np.array(fields, order="C")
    share = np.empty((n, m))
    share[0] = below[0] / pivot[0]
    result[:, 0] /= pivot[0]
    for k in range(1, n):
        rest = 1 / (pivot[k] - above[k] * share[k - 1])
        share[k] = below[k] * rest
        result[:, k] += above[k] * result[:, k - 1]
        result[:, k] *= rest
    for k in range(n - 2, -1, -1):
        result[:, k] += share[k] * result[:, k + 1]
    return result

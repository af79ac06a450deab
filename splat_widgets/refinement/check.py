"""Which depths to believe: those that another photo's own depth confirms.

Each point is moved to the neighbours and compared with the depth found there. Lone pixels and
specks of a few pixels that agree by chance are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement.grids import transformed

TOLERANCE = 0.04  # of depth
MIN_MARGIN = 0.01  # of the aggregated cost over the next best plane
SPECK_SHARE = 120 / 256**2  # of the grid's pixels: smaller islands are dropped
_SPECK_STEP = 0.05  # of log depth inside an island
_LOG_STEPS = 2000  # per unit of log depth, in the 16 bit of OpenCV's filter


@dataclass(frozen=True, eq=False)
class Known:
    """What one photo's own sweep found, and how points of the photo that is checked get there."""

    depth: np.ndarray  # (n, n)
    projection: np.ndarray  # (3, 4) points of the checked photo's camera to pixels of this grid
    axis: np.ndarray  # (4,) the same points to depths of this photo


def agreeing(
    points: np.ndarray, others: Sequence[Known], tick: Callable[[], object] = lambda: None
) -> tuple[np.ndarray, np.ndarray]:
    """How many other photos see each point (n, n, 3) at the depth it has there, and how many look.

    Args:
        points: frame of the photo that is checked.
        others: what each other photo found.
        tick: called for each of them; what it raises ends the work.

    Returns:
        (n, n) int each.
    """
    votes, looking = np.zeros((2, *points.shape[:2]), int)
    for other in others:
        tick()
        gap, inside = depth_gaps(points, other)
        votes += inside & (np.abs(gap) < TOLERANCE)
        looking += inside
    return votes, looking


def depth_gaps(points: np.ndarray, other: Known) -> tuple[np.ndarray, np.ndarray]:
    """Depth of points in another photo less the depth found there, over the former; and if inside.

    Positive: the point is hidden there. Negative: it hides what the other photo sees.
    """
    depth, n = transformed(points, other.axis[None])[..., 0], len(other.depth)
    ahead = depth > 1e-6
    place = transformed(points, other.projection)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (np.floor(np.nan_to_num(place[..., k] / place[..., 2], nan=-1.0)) for k in (0, 1))
    inside = ahead & (x >= 0) & (x < n) & (y >= 0) & (y < n)
    row, column = (np.clip(v, 0, n - 1).astype(int) for v in (y, x))
    there = other.depth.take(row * n + column)
    return (depth - there) / np.where(ahead, depth, 1.0), inside


def without_specks(good: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """The good pixels (n, n) that form islands of continuous depth, less their frayed edges."""
    return islands(
        cv2.morphologyEx(good.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0,
        depth,
    )


def islands(good: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """The good pixels (n, n) that form islands of continuous depth of some size."""
    if not good.any():
        return good
    logs = np.log(depth / np.median(depth)) * _LOG_STEPS
    coded = np.where(good, np.clip(logs, -30000, 30000), -32000).astype(np.int16)
    smallest = max(1, round(SPECK_SHARE * depth.size))
    cv2.filterSpeckles(coded, -32000, smallest, _SPECK_STEP * _LOG_STEPS)
    return good & (coded > -32000)

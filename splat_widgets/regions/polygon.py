"""Polygons in any plane: the picture, a photo, or two attributes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = Sequence[Sequence[float]] | np.ndarray


def inside_polygon(x: np.ndarray, y: np.ndarray, points: Points) -> np.ndarray:
    """Points inside a polygon, by counting the edges to their right (even-odd rule).

    Args:
        x: (N,).
        y: (N,).
        points: (M, 2) corners; the last one is joined to the first.

    Returns:
        (N,) bool; points that are not finite lie outside.
    """
    corners = corners_of(points)
    found = np.zeros(len(x), bool)
    low, high = corners.min(0), corners.max(0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    px, py = x[near], y[near]
    inside = np.zeros(len(near), bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > py) != (y2 > py)
        inside ^= crosses & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
    found[near] = inside
    return found


def corners_of(points: Points) -> np.ndarray:
    """(M, 2) float64 copy of a polygon's corners.

    Raises:
        ValueError: for fewer than three corners, or a corner that is not finite.
    """
    corners = np.array(points, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(
            f"expected a polygon of at least three (x, y) corners, got shape {corners.shape}"
        )
    if not np.isfinite(corners).all():
        raise ValueError("expected finite corners of a polygon, got NaN or infinity")
    return corners

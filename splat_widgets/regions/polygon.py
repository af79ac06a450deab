"""Polygons and strokes in any plane: the picture, a photo, or two attributes."""

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


def along_line(x: np.ndarray, y: np.ndarray, points: Points, radius: float) -> np.ndarray:
    """Points within a distance of a line of straight pieces.

    Args:
        x: (N,).
        y: (N,).
        points: (M, 2) corners of the line, at least one.
        radius: the distance, included.

    Returns:
        (N,) bool; points that are not finite lie outside.
    """
    if not 0 <= radius < np.inf:
        raise ValueError(f"expected a finite radius of at least 0, got {radius}")
    corners = corners_of(points, least=1)
    found = np.zeros(len(x), bool)
    low, high = corners.min(0) - radius, corners.max(0) + radius
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    for first, second in zip(corners[[0, *range(len(corners) - 1)]], corners, strict=True):
        (x1, y1), (ex, ey) = first, second - first
        dx, dy = x[near] - x1, y[near] - y1
        length2 = ex * ex + ey * ey
        share = np.clip((dx * ex + dy * ey) / length2, 0, 1) if length2 > 0 else 0.0
        across, down = dx - share * ex, dy - share * ey
        is_passed = across * across + down * down <= radius * radius
        found[near[is_passed]] = True
        near = near[~is_passed]
    return found


def corners_of(points: Points, least: int = 3) -> np.ndarray:
    """(M, 2) float64 copy of the corners of a polygon, or of a line.

    Raises:
        ValueError: for fewer than `least` corners, or a corner that is not finite.
    """
    corners = np.array(points, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < least:
        words = {
            1: "line of at least one (x, y) point",
            3: "polygon of at least three (x, y) corners",
        }
        raise ValueError(f"expected a {words[least]}, got shape {corners.shape}")
    if not np.isfinite(corners).all():
        raise ValueError("expected finite corners of a polygon, got NaN or infinity")
    return corners

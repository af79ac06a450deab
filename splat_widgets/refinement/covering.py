"""Discs that cover a surface: each lies in the surface and shows as round from its own photo.

A round Gaussian of a pixel's size covers its pixel only where a camera looks straight at the
surface. A floor or a wall seen from the side falls apart into stripes as soon as the camera moves:
the next pixel's point lies many pixel sizes farther on. So the surface's slope between neighbouring
pixels decides how long a Gaussian is, and in which direction.
"""

from __future__ import annotations

import cv2
import numpy as np

STEEPEST = 12.0
"""Longest step along a ray from one pixel to the next, over the spacing of the pixels."""
THICKNESS = 0.2
"""Of a disc, over the spacing of the pixels at its depth."""
EDGE = 0.03
"""Change of the logarithm of depth from one pixel to the next that ends a surface."""
_MEDIAN = 5  # pixels; noise would turn every disc another way


def tangents(depth: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """(n, n, 2, 3) steps along the surface from each pixel to the next column and the next row.

    Where the steps before and after differ, the larger one counts, so that noise opens no gaps,
    unless it is an edge of the surface.

    Args:
        depth: (n, n) along the optical axis.
        rays: (n, n, 3) through the pixels, 1 along the axis.
    """
    logs = cv2.medianBlur(np.log(depth).astype(np.float32), _MEDIAN).astype(np.float64)
    steps = []
    for axis, aside in ((1, rays[:, 1:] - rays[:, :-1]), (0, rays[1:] - rays[:-1])):
        spacing = float(np.abs(aside).max())
        steepest = STEEPEST * spacing
        slope = _slopes(np.diff(logs, axis=axis), axis).clip(-steepest, steepest)
        sideways = np.zeros(3)
        sideways[1 - axis] = spacing
        steps.append(depth[..., None] * (sideways + slope[..., None] * rays))
    return np.stack(steps, -2)


def _slopes(steps: np.ndarray, axis: int) -> np.ndarray:
    """At each pixel the larger of the steps before and after, unless that one is an edge."""
    first, last = steps.take([0], axis), steps.take([-1], axis)
    before, after = (np.concatenate(s, axis) for s in ((first, steps), (steps, last)))
    is_after = np.abs(before) < np.abs(after)
    larger, smaller = np.where(is_after, after, before), np.where(is_after, before, after)
    return np.where(np.abs(larger) < EDGE, larger, smaller)


def axes(steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (n, n, 3, 3) whose columns are a disc's axes, and their lengths (n, n, 2).

    Of the ellipse into which the steps carry the unit circle.

    Args:
        steps: (n, n, 2, 3) to the next column and row, as from `tangents`.
    """
    a, b = steps[..., 0, :], steps[..., 1, :]
    across, along, other = ((p * q).sum(-1) for p, q in ((a, b), (a, a), (b, b)))
    angle = 0.5 * np.arctan2(2 * across, along - other)[..., None]
    longer = a * np.cos(angle) + b * np.sin(angle)
    shorter = b * np.cos(angle) - a * np.sin(angle)
    lengths = [np.linalg.norm(one, axis=-1, keepdims=True) for one in (longer, shorter)]
    u, v = longer / lengths[0], shorter / lengths[1]
    return np.stack([u, v, np.cross(u, v)], -1), np.concatenate(lengths, -1)

"""Which pixels of two photos show one surface, by their depths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement import grids
from splat_widgets.refinement.records import DenseDepth, Pose, Shot

SAME_SURFACE = 0.02
"""Relative difference of depth up to which two photos are taken to see one surface."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What one photo shows: its depth, as points in the world and with the way back to pixels."""

    depth: np.ndarray  # (n, n) float32
    points: np.ndarray  # (n², 3) float32 in the world
    projection: np.ndarray  # (3, 4) float32, world to pixels of the grid


def surfaces(
    denses: Sequence[DenseDepth],
    shots: Sequence[Shot],
    poses: Sequence[Pose],
    focals_sides: Sequence[float],
) -> tuple[Surface, ...]:
    """The surface of each photo.

    Args:
        denses: depth of each photo.
        shots: for their windows.
        poses: world to each camera.
        focals_sides: of each photo.
    """
    found = []
    for dense, shot, pose, focal in zip(denses, shots, poses, focals_sides, strict=True):
        n = len(dense.depth)
        points = pose.inverse.apply(grids.rays(shot.window, focal, n) * dense.depth[..., None])
        found.append(
            Surface(
                dense.depth.astype(np.float32),
                points.reshape(-1, 3).astype(np.float32),
                grids.to_grid(shot.window, focal, pose, n).astype(np.float32),
            )
        )
    return tuple(found)


def shared(
    a: Surface,
    b: Surface,
    before: float | np.ndarray = SAME_SURFACE,
    behind: float | np.ndarray = SAME_SURFACE,
) -> tuple[np.ndarray, np.ndarray]:
    """(K,) flat indices of the pixels of `a` whose point `b` shows too, and of those of `b`.

    Args:
        a: a photo's surface.
        b: another one's.
        before: how far a point may lie before the surface of `b`, over its depth; one number or
            (n²,) of each pixel of `a`.
        behind: how far behind it.
    """
    n = len(b.depth)
    x, y, z = grids.transformed(a.points, b.projection).T
    ahead = z > 1e-6
    z = np.where(ahead, z, 1)
    column, row = x / z - 0.5, y / z - 0.5
    inside = ahead & (column > -0.5) & (column < n - 0.5) & (row > -0.5) & (row < n - 0.5)
    grid = a.depth.shape
    places = column.reshape(grid), row.reshape(grid)
    there = cv2.remap(b.depth, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gap = z - there.ravel()
    mine = np.flatnonzero(inside & (gap < behind * z) & (gap > -before * z))
    theirs = np.rint(row[mine]).astype(np.int64) * n + np.rint(column[mine]).astype(np.int64)
    return mine, theirs

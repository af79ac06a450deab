"""A surface that several photos see is told by one of them: which pixels keep their Gaussians.

Of two pixels that show one point, the more trusted one keeps its Gaussian: a checked one before one
that is filled, then the one with the finer sampling and the smaller match error. What only one
photo sees stays, and so does everything on which two photos disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement import grids
from splat_widgets.refinement.records import DenseDepth, Pose, Shot

SAME_SURFACE = 0.02
"""Relative difference of depth up to which two photos are taken to see one surface."""
_ERROR_WEIGHT = 1.0  # of a match error of 1 against a factor e of sampling
_CHECKED = 1e3  # added to the trust of checked pixels: more than sampling ever differs
_PATCH = 9  # pixels over which trust is averaged, so that neighbours are told by the same photo
_SEAM = 3  # edge of the neighbourhood by which what is kept grows: photos overlap at seams


@dataclass(frozen=True, eq=False)
class _Photo:
    """One photo with its depth."""

    depth: np.ndarray  # (n, n) float32
    trust: np.ndarray  # (n, n) float32, larger is better
    points: np.ndarray  # (n², 3) float32 in the world
    projection: np.ndarray  # (3, 4) float32, world to pixels of the grid


def keep_masks(
    denses: Sequence[DenseDepth],
    shots: Sequence[Shot],
    poses: Sequence[Pose],
    focals_sides: Sequence[float],
) -> tuple[np.ndarray, ...]:
    """Masks (n, n) of the pixels of each photo whose Gaussians are kept.

    Args:
        denses: depth of each photo.
        shots: for their windows.
        poses: world to each camera.
        focals_sides: of each photo.
    """
    photos = [
        _photo(dense, shot, pose, focal)
        for dense, shot, pose, focal in zip(denses, shots, poses, focals_sides, strict=True)
    ]
    rivals = [
        [(b, *_rivals(a, photos[b])) for b in range(len(photos)) if photos[b] is not a]
        for a in photos
    ]
    kept = [np.ones(a.depth.size, bool) for a in photos]
    # A pixel goes only for one that stays. Trust is a strict order, so that this settles; every
    # second round keeps too much rather than too little.
    for _ in range(2 * ((len(photos) + 1) // 2)):
        before = kept
        kept = [
            _undefeated(mask.size, mine, before) for mask, mine in zip(kept, rivals, strict=True)
        ]
        if all(np.array_equal(one, other) for one, other in zip(kept, before, strict=True)):
            break
    seam = np.ones((_SEAM, _SEAM), np.uint8)
    return tuple(
        cv2.dilate(mask.reshape(a.depth.shape).astype(np.uint8), seam) > 0
        for mask, a in zip(kept, photos, strict=True)
    )


def _photo(dense: DenseDepth, shot: Shot, pose: Pose, focal: float) -> _Photo:
    n = len(dense.depth)
    spacing = dense.depth * (shot.window.size / n / focal)
    quality = -np.log(spacing) - _ERROR_WEIGHT * dense.match_error
    smooth = cv2.blur(quality.astype(np.float32), (_PATCH, _PATCH))
    points = pose.inverse.apply(grids.rays(shot.window, focal, n) * dense.depth[..., None])
    return _Photo(
        depth=dense.depth.astype(np.float32),
        trust=smooth + np.float32(_CHECKED) * dense.checked,
        points=points.reshape(-1, 3).astype(np.float32),
        projection=grids.to_grid(shot.window, focal, pose, n).astype(np.float32),
    )


def _rivals(a: _Photo, b: _Photo) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of `a` whose point `b` shows with more trust, and the pixels of `b` that show it."""
    n = len(b.depth)
    x, y, z = (a.points @ b.projection[:, :3].T + b.projection[:, 3]).T
    ahead = z > 1e-6
    z = np.where(ahead, z, 1)
    column, row = x / z - 0.5, y / z - 0.5
    inside = ahead & (column > -0.5) & (column < n - 0.5) & (row > -0.5) & (row < n - 0.5)
    grid = a.depth.shape
    places = column.reshape(grid), row.reshape(grid)
    there = cv2.remap(b.depth, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mine = np.flatnonzero(inside & (np.abs(there.ravel() - z) < SAME_SURFACE * z))
    theirs = np.rint(row[mine]).astype(np.int64) * n + np.rint(column[mine]).astype(np.int64)
    better = b.trust.ravel()[theirs] > a.trust.ravel()[mine]
    return mine[better], theirs[better]


def _undefeated(
    count: int, rivals: list[tuple[int, np.ndarray, np.ndarray]], kept: list[np.ndarray]
) -> np.ndarray:
    mask = np.ones(count, bool)
    for other, mine, theirs in rivals:
        mask[mine[kept[other][theirs]]] = False
    return mask

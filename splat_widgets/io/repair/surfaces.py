"""Whether Gaussians lie flat on the surface that their neighbours form.

In nearly every scene the thinnest axis of a Gaussian is near to the normal of the surface around
it. Quaternions that are read in a wrong order turn the axis elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.linalg import eigh, norm

NEIGHBOURS = 12
ENOUGH = 100
"""Gaussians on flat ground, to judge by."""
_FLAT = 0.2  # variance of the neighbours across the surface over that along its narrow side
_THIN = 0.7  # shortest axis over the middle one
_JUDGED = 4000  # Gaussians
_PIECE = 65_536
_TREE: dict[str, bool | int | float | str] = {"algorithm": 4, "leaf_max_size": 10}  # one k-d tree
_SEARCH: dict[str, bool | int | float | str] = {"checks": -1, "eps": 0.0}  # no approximation


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Normals of the neighbourhoods of some Gaussians."""

    rows: np.ndarray  # (M,) indices of Gaussians whose thinnest axis stands out, on flat ground
    normals: np.ndarray  # (M, 3)
    thinnest: np.ndarray  # (M,) which axis

    def part(self, which: np.ndarray) -> Surfaces:
        """Of some of these Gaussians."""
        return Surfaces(self.rows[which], self.normals[which], self.thinnest[which])

    def alignments(self, matrices: np.ndarray) -> np.ndarray:
        """(M,) |cos| of the angle between the thinnest axis and the normal.

        Args:
            matrices: (M, 3, 3) rotations of the Gaussians at `rows`.
        """
        return np.abs((_axes(matrices, self.thinnest) * self.normals).sum(1))


def surfaces(means: np.ndarray, scales: np.ndarray) -> Surfaces:
    """The ground of at most 4,000 Gaussians that tell something.

    Args:
        means: (N, 3) float32.
        scales: (N, 3).
    """
    order = np.sort(scales, axis=1)
    rows = np.flatnonzero(order[:, 0] < _THIN * order[:, 1])
    if len(means) <= NEIGHBOURS or len(rows) < ENOUGH:
        return Surfaces(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0, np.int64))
    if len(rows) > 3 * _JUDGED:
        rows = np.sort(np.random.default_rng(0).choice(rows, 3 * _JUDGED, replace=False))
    normals, flat = normals_at(means, rows)
    rows, normals = rows[flat][:_JUDGED], normals[flat][:_JUDGED]
    return Surfaces(rows, normals, scales[rows].argmin(1))


def normals_at(means: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3) normals of the neighbourhoods of Gaussians, and (M,) whether these are flat."""
    points = np.ascontiguousarray(means, np.float32)
    tree = cv2.flann.Index(points, _TREE)
    normals, flat = [], []
    for first in range(0, len(rows), _PIECE):
        asked = np.ascontiguousarray(points[rows[first : first + _PIECE]])
        near = np.asarray(tree.knnSearch(asked, NEIGHBOURS, params=_SEARCH)[0], np.int64)
        around = points[near].astype(np.float64)
        around -= around.mean(axis=1, keepdims=True)
        variances, axes = eigh(around.transpose(0, 2, 1) @ around)
        normals.append(axes[:, :, 0])
        flat.append(variances[:, 0] < _FLAT * variances[:, 1])
    if not normals:
        return np.zeros((0, 3)), np.zeros(0, bool)
    return np.concatenate(normals), np.concatenate(flat)


def _axes(matrices: np.ndarray, which: np.ndarray) -> np.ndarray:
    """(M, 3) of columns of (M, 3, 3) matrices, of unit length."""
    axes = np.take_along_axis(matrices, which[:, None, None], axis=2)[:, :, 0]
    return axes / norm(axes, axis=1, keepdims=True)

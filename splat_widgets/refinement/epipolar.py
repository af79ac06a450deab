"""Two rays and a motion between their cameras: depth, distance from the epipolar line, angle."""

from __future__ import annotations

import numpy as np

from splat_widgets.refinement.records import Pose

_TINY = 1e-12


PX = 1 / 512
"""One pixel of a picture with a short side of 512, in sides."""
AGREES = 2 * PX
"""Distance from its epipolar line, or error, of a match that cameras explain."""


def rays(sides: np.ndarray, focal_sides: float) -> np.ndarray:
    """(N, 3) directions with z = 1 of image coordinates (N, 2)."""
    return np.concatenate([sides / focal_sides, np.ones((len(sides), 1))], 1)


def triangulate(first: np.ndarray, second: np.ndarray, pose: Pose) -> np.ndarray:
    """(N,) depth in the first camera at which a ray comes nearest to being seen on the second.

    Solves second × (depth R first + t) = 0 by least squares; negative behind the camera.

    Args:
        first: (N, 3) rays of the first camera with z = 1.
        second: (N, 3) rays of the second.
        pose: second from first.
    """
    across = np.cross(second, first @ pose.R.T)
    offset = np.cross(second, pose.t)
    return -(across * offset).sum(1) / np.maximum((across * across).sum(1), _TINY)


def ahead_of_both(first: np.ndarray, depths: np.ndarray, pose: Pose) -> np.ndarray:
    """(N,) bool: which points lie before both cameras.

    Args:
        first: (N, 3) rays of the first camera with z = 1.
        depths: (N,) of the points along them.
        pose: second from first.
    """
    return (depths > 0) & (pose.apply(first * depths[:, None])[:, 2] > 0)


def epipolar_distances(
    first: np.ndarray, second: np.ndarray, pose: Pose, focals_sides: tuple[float, float]
) -> np.ndarray:
    """(N,) distances in sides, whichever side of the line: `signed_epipolar_distances`."""
    return np.abs(signed_epipolar_distances(first, second, pose, focals_sides))


def signed_epipolar_distances(
    first: np.ndarray, second: np.ndarray, pose: Pose, focals_sides: tuple[float, float]
) -> np.ndarray:
    """(N,) distances in sides to first order, over both photos (Sampson 1982).

    Args:
        first: (N, 2) sides.
        second: (N, 2) sides.
        pose: second from first.
        focals_sides: of both.
    """
    x, y, z = pose.t
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    to_rays = [np.diag([1 / focal, 1 / focal, 1.0]) for focal in focals_sides]
    F = to_rays[1] @ across @ pose.R @ to_rays[0]
    here, there = (
        np.concatenate([sides, np.ones((len(sides), 1))], 1) for sides in (first, second)
    )
    line_there, line_here = here @ F.T, there @ F
    slope = (line_there[:, :2] ** 2).sum(1) + (line_here[:, :2] ** 2).sum(1)
    return (there * line_there).sum(1) / np.sqrt(np.maximum(slope, _TINY**2))


def parallaxes_deg(points: np.ndarray, pose: Pose) -> np.ndarray:
    """(N,) angles at points (N, 3) of the first camera between the rays to both cameras."""
    centre = pose.inverse.t
    first, second = points, points - centre
    length = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosine = (first * second).sum(1) / np.maximum(length, _TINY)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))

"""Points of tracks from known cameras, without the observations that contradict the others."""

from __future__ import annotations

import numpy as np

from splat_widgets.refinement.joint_bundle import Cameras
from splat_widgets.refinement.tracks import Tracks

MIN_ANGLE_DEG = 0.7
"""Between the rays of a point; below, its depth is noise."""
_ROUNDS = 4
_SINGULAR = 1e-9


def triangulated(
    tracks: Tracks, cameras: Cameras, tolerance: float
) -> tuple[Tracks, np.ndarray, np.ndarray]:
    """The tracks that the cameras agree with, and their points.

    A track whose worst observation is off by more than the tolerance loses it and is tried again.

    Args:
        tracks: of registered photos.
        cameras: of all photos.
        tolerance: largest reprojection error in sides.

    Returns:
        The tracks that remain, (N, 3) their points in the world, and (N,) their numbers in the
        given tracks.
    """
    numbers = np.arange(len(tracks))
    for _ in range(_ROUNDS):
        points = nearest_points(tracks, cameras)
        errors = cameras.errors(tracks, points)
        if not len(tracks) or errors.max() <= tolerance:
            break
        worst = np.maximum.reduceat(errors, tracks.starts)[tracks.point]
        tracks, kept = tracks.keep((errors <= tolerance) | (errors < worst))
        numbers = numbers[kept]
    points = nearest_points(tracks, cameras)
    good = cameras.errors(tracks, points) <= tolerance
    good &= angles_deg(tracks, cameras, points)[tracks.point] >= MIN_ANGLE_DEG
    tracks, kept = tracks.keep(good)
    return tracks, points[kept], numbers[kept]


def nearest_points(tracks: Tracks, cameras: Cameras) -> np.ndarray:
    """(N, 3) points nearest to the rays of each track.

    Distances are divided by depth in a second round, so that near and far cameras count alike.
    """
    directions = np.einsum("oji,oj->oi", cameras.R[tracks.photo], cameras.rays(tracks))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centres = cameras.centres[tracks.photo]
    across = np.eye(3) - directions[:, :, None] * directions[:, None]
    weights = np.ones(len(directions))
    points = np.zeros((len(tracks), 3))
    for _ in range(2):
        weighted = across * weights[:, None, None]
        A = tracks.total(weighted)
        b = tracks.total((weighted @ centres[:, :, None])[:, :, 0])
        scale = np.trace(A, axis1=1, axis2=2)[:, None, None]
        points = np.linalg.solve(A + _SINGULAR * scale * np.eye(3), b[:, :, None])[:, :, 0]
        distance = np.linalg.norm(points[tracks.point] - centres, axis=1)
        weights = 1 / np.maximum(distance, 1e-6) ** 2
    return points


def angles_deg(tracks: Tracks, cameras: Cameras, points: np.ndarray) -> np.ndarray:
    """(N,) twice the largest angle between a ray of a point and the mean of its rays."""
    rays = points[tracks.point] - cameras.centres[tracks.photo]
    rays /= np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-12)
    mean = tracks.total(rays)
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
    away = np.linalg.norm(np.cross(rays, mean[tracks.point]), axis=1)
    if not len(tracks):
        return np.zeros(0)
    return 2 * np.degrees(np.arcsin(np.clip(np.maximum.reduceat(away, tracks.starts), 0, 1)))

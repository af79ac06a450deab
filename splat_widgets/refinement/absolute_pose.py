"""The pose of a photo from points that it shows: PnP under RANSAC."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from splat_widgets.refinement.epipolar import rays
from splat_widgets.refinement.records import Matches, Pose
from splat_widgets.refinement.starts import UNIT_PX, Start, poselib

_ITERATIONS, _NETWORK_ITERATIONS = 5000, 1000
_NETWORK_TOLERANCE = 0.02  # sides: reprojection error of an inlier of the network's points
_FEWEST_OF_NETWORK = 6


def absolute_pose(
    sides: np.ndarray,
    points: np.ndarray,
    focal_sides: float,
    tolerance: float,
    iterations: int = _ITERATIONS,
) -> tuple[Pose, np.ndarray] | None:
    """World to camera, and which points agree with it; None if no pose is found.

    PoseLib solves; where it is not installed OpenCV takes its place.

    Args:
        sides: (M, 2) from the principal point.
        points: (M, 3) in the world.
        focal_sides: of the photo.
        tolerance: reprojection error of an inlier, in sides.
        iterations: samples that are drawn at most.
    """
    if len(points) < 4:
        return None
    pixels, limit, focal_px = sides * UNIT_PX, tolerance * UNIT_PX, focal_sides * UNIT_PX
    library = poselib()
    if library is None:
        pose = _by_opencv(pixels, points, focal_px, limit, iterations)
    else:
        params = [focal_px, 0.0, 0.0]
        size = {"width": UNIT_PX, "height": UNIT_PX}
        camera = {"model": "SIMPLE_PINHOLE", "params": params, **size}
        options = {"max_reproj_error": limit, "max_iterations": iterations}
        found, _ = library.estimate_absolute_pose(pixels, points, camera, options, {})
        pose = Pose(np.asarray(found.R, float), np.asarray(found.t, float).reshape(3))
    if pose is None or not (np.isfinite(pose.R).all() and np.isfinite(pose.t).all()):
        return None
    seen = pose.apply(points)
    depth = np.maximum(seen[:, 2], 1e-9)
    off = np.linalg.norm(focal_sides * seen[:, :2] / depth[:, None] - sides, axis=1)
    return pose, (seen[:, 2] > 0) & (off <= tolerance)


def pose_by_depth(
    matches: Matches, depths: np.ndarray, focals_sides: tuple[float, float]
) -> Start | None:
    """The pose under which points of the first photo are seen where the second one shows them.

    Args:
        matches: those with a depth.
        depths: (M,) along the first photo's axis.
        focals_sides: of both.
    """
    if len(matches) < _FEWEST_OF_NETWORK:
        return None
    points = rays(matches.first, focals_sides[0]) * depths[:, None]
    found = absolute_pose(
        matches.second, points, focals_sides[1], _NETWORK_TOLERANCE, _NETWORK_ITERATIONS
    )
    return None if found is None or not found[0].t.any() else Start(found[0], focals_sides)


def _by_opencv(
    pixels: np.ndarray, points: np.ndarray, focal_px: float, limit: float, iterations: int
) -> Pose | None:
    no_distortion: Any = None  # the stubs of OpenCV ask for an array
    try:
        good, turn, shift, _ = cv2.solvePnPRansac(
            points,
            pixels,
            np.diag([focal_px, focal_px, 1.0]),
            no_distortion,
            iterationsCount=iterations,
            reprojectionError=limit,
            confidence=0.9999,
            flags=cv2.SOLVEPNP_SQPNP,
        )
    except cv2.error:  # how OpenCV reports degenerate configurations
        return None
    return Pose(np.asarray(cv2.Rodrigues(turn)[0]), np.asarray(shift)[:, 0]) if good else None

"""The pose of a photo from points in the world that it shows (PnP under RANSAC)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from splat_widgets.refinement.records import Pose
from splat_widgets.refinement.starts import UNIT_PX, poselib

_ITERATIONS = 5000


def absolute_pose(
    sides: np.ndarray, points: np.ndarray, focal_sides: float, tolerance: float
) -> tuple[Pose, np.ndarray] | None:
    """World to camera, and which points agree with it; None if no pose is found.

    PoseLib solves; where it is not installed OpenCV takes its place.

    Args:
        sides: (M, 2) from the principal point.
        points: (M, 3) in the world.
        focal_sides: of the photo.
        tolerance: reprojection error of an inlier, in sides.
    """
    if len(points) < 4:
        return None
    pixels, limit, focal_px = sides * UNIT_PX, tolerance * UNIT_PX, focal_sides * UNIT_PX
    library = poselib()
    if library is None:
        pose = _by_opencv(pixels, points, focal_px, limit)
    else:
        params = [focal_px, 0.0, 0.0]
        size = {"width": UNIT_PX, "height": UNIT_PX}
        camera = {"model": "SIMPLE_PINHOLE", "params": params, **size}
        options = {"max_reproj_error": limit, "max_iterations": _ITERATIONS}
        found, _ = library.estimate_absolute_pose(pixels, points, camera, options, {})
        pose = Pose(np.asarray(found.R, float), np.asarray(found.t, float).reshape(3))
    if pose is None or not (np.isfinite(pose.R).all() and np.isfinite(pose.t).all()):
        return None
    seen = pose.apply(points)
    depth = np.maximum(seen[:, 2], 1e-9)
    off = np.linalg.norm(focal_sides * seen[:, :2] / depth[:, None] - sides, axis=1)
    return pose, (seen[:, 2] > 0) & (off <= tolerance)


def _by_opencv(
    pixels: np.ndarray, points: np.ndarray, focal_px: float, limit: float
) -> Pose | None:
    no_distortion: Any = None  # the stubs of OpenCV ask for an array
    try:
        good, turn, shift, _ = cv2.solvePnPRansac(
            points,
            pixels,
            np.diag([focal_px, focal_px, 1.0]),
            no_distortion,
            iterationsCount=_ITERATIONS,
            reprojectionError=limit,
            confidence=0.9999,
            flags=cv2.SOLVEPNP_SQPNP,
        )
    except cv2.error:  # how OpenCV reports degenerate configurations
        return None
    return Pose(np.asarray(cv2.Rodrigues(turn)[0]), np.asarray(shift)[:, 0]) if good else None

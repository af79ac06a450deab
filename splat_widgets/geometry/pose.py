"""Focal length and pose from point maps, after DUSt3R (Wang et al. 2024, section 3.3).

A point map holds the 3D point of every pixel of a crop, so each pixel is a correspondence between
the picture and the scene. We assume square pixels and a principal point at the crop's centre.
"""

from __future__ import annotations

from math import radians, tan
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

MIN_POINTS = 16
FIELD_OF_VIEW_RANGE_DEG = (2.0, 160.0)
"""A focal length outside this range counts as a failed estimate."""
MAX_SAMPLES = 4096
"""Pixels that the pose is estimated from: more only take longer."""
INLIER_DISTANCE = 0.01
"""Reprojection error of an inlier, as a share of the picture's longer side: 5 px at 512."""
WIDE_DISTANCE = 0.05
"""The same for noisy points: 2 % of the depth leaves few inliers within the other."""
MIN_INLIER_RATIO = 0.2
_REFITS = 5
_ITERATIONS = 50
_CONVERGED = 1e-7  # relative change of the focal length
_DISTANCE_FLOOR = 1e-6  # between rays at z = 1; keeps the weight of a perfect pixel finite


def focal_from_points(points: Tensor, confidence: Tensor) -> float | None:
    """Focal length under which the rays to a point map's points best fit their own pixels.

    argmin over f of Σ confidence · |(x, y) / z - (pixel - centre) / f|. It sums distances, not
    squares, so that outliers count little. As for Weiszfeld's (1937) geometric median, least
    squares is repeated with each pixel's weight divided by its last distance.

    DUSt3R's distance is f times this one, measured in the picture. But the pixels are exact and
    the points are not: measured there, a wild point far off the axis weighs more than many good
    ones, and noise makes the focal length too short.

    Args:
        points: (H, W, 3) in the camera's own frame, OpenCV axes, any unit.
        confidence: (H, W) weights, at least 0.

    Returns:
        Pixels, or None if too few points lie in front of the camera or no plausible field of view
        explains them.
    """
    world, image, weight = _correspondences(points, confidence)
    ahead = world[:, 2] > 0
    world, image, weight = world[ahead], image[ahead], weight[ahead]
    if len(world) < MIN_POINTS:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        rays = world[:, :2] / world[:, 2:]
        along, squared = (image * rays).sum(1), (image * image).sum(1)
        per_focal = _ratio(weight, along, squared)  # 1 / f
        for _ in range(_ITERATIONS):
            distance = np.linalg.norm(rays - per_focal * image, axis=1)
            last, per_focal = (
                per_focal,
                _ratio(weight / np.maximum(distance, _DISTANCE_FLOOR), along, squared),
            )
            if not abs(per_focal - last) > _CONVERGED * abs(last):
                break
    focal = 1 / per_focal if per_focal > 0 else float("nan")
    widest, narrowest = (
        max(points.shape[:2]) / 2 / tan(radians(degrees) / 2)
        for degrees in reversed(FIELD_OF_VIEW_RANGE_DEG)
    )
    return float(focal) if widest <= focal <= narrowest else None


def pose_from_points(
    points_world: Tensor, confidence: Tensor, focal_px: float
) -> tuple[Tensor, float] | None:
    """Pose of the camera that a point map in another frame was seen from.

    Perspective-n-point with RANSAC, then Levenberg-Marquardt on the inliers, which are selected
    anew after each fit: RANSAC's own pose comes from four noisy points, so that it misses most of
    those that agree. The more confident half of the pixels is used, at most `MAX_SAMPLES` of it,
    drawn with a fixed seed; OpenCV's RANSAC uses a generator of its own with a fixed start, so the
    result is reproducible and no global state is touched.

    Args:
        points_world: (H, W, 3) points of the camera's pixels in the world frame.
        confidence: (H, W).
        focal_px: focal length of the camera, pixels.

    Returns:
        T_world_camera (4, 4) float32 and the share of the used pixels that agree with it to within
        `INLIER_DISTANCE`; None if no pose has enough within `WIDE_DISTANCE`.
    """
    world, image, weight = _correspondences(points_world, confidence)
    if len(world) < MIN_POINTS or not (np.isfinite(focal_px) and focal_px > 0):
        return None
    keep = np.flatnonzero(weight >= np.median(weight))
    if len(keep) > MAX_SAMPLES:
        keep = np.random.default_rng(0).choice(keep, MAX_SAMPLES, replace=False)
    world, image = world[keep], image[keep]
    # Centred and scaled to about one: the solvers square and multiply coordinates.
    middle = np.median(world, axis=0)
    size = float(np.median(np.abs(world - middle)))
    if not size > 0:
        return None
    scaled = (world - middle) / size
    side_px = max(points_world.shape[:2])
    near, far = INLIER_DISTANCE * side_px, WIDE_DISTANCE * side_px
    intrinsics = np.diag([focal_px, focal_px, 1.0])
    found = _solve(scaled, image, intrinsics, (near, far)) or _solve(
        scaled, image, intrinsics, (far, far)
    )
    if found is None:
        return None
    rotation, translation = found  # camera from scaled world
    distance = _distances(scaled, image, focal_px, rotation, translation)
    if (distance <= far).mean() < MIN_INLIER_RATIO:
        return None
    ratio = float((distance <= near).mean())
    pose = np.eye(4)
    pose[:3, :3] = rotation.T
    pose[:3, 3] = middle - size * rotation.T @ translation
    return torch.from_numpy(pose).float(), ratio


def _correspondences(points: Tensor, confidence: Tensor) -> tuple[np.ndarray, ...]:
    """Finite points (M, 3), their pixels from the picture's centre (M, 2), weights (M,)."""
    height, width = points.shape[:2]
    if tuple(points.shape) != (height, width, 3) or tuple(confidence.shape) != (height, width):
        raise ValueError(
            "expected points (H, W, 3) and confidence (H, W), "
            f"got {tuple(points.shape)} and {tuple(confidence.shape)}"
        )
    xyz = points.detach().double().cpu().numpy().reshape(-1, 3)
    weight = confidence.detach().double().cpu().numpy().reshape(-1)
    y, x = np.mgrid[:height, :width] + 0.5
    image = np.stack([x - width / 2, y - height / 2], -1).reshape(-1, 2)
    good = np.isfinite(xyz).all(1) & np.isfinite(weight) & (weight > 0)
    return xyz[good], image[good], weight[good]


def _ratio(weight: np.ndarray, along: np.ndarray, squared: np.ndarray) -> float:
    """Weighted least squares of one unknown; NaN if it is not determined."""
    total = float(weight @ squared)
    return float(weight @ along) / total if total > 0 else float("nan")


def _distances(
    world: np.ndarray,
    image: np.ndarray,
    focal_px: float,
    rotation: np.ndarray,
    translation: np.ndarray,
) -> np.ndarray:
    """(N,) reprojection errors in pixels; infinite behind the camera."""
    camera = world @ rotation.T + translation
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        distance = np.linalg.norm(focal_px * camera[:, :2] / camera[:, 2:] - image, axis=1)
    return np.where(camera[:, 2] > 0, distance, np.inf)


def _solve(
    world: np.ndarray, image: np.ndarray, intrinsics: np.ndarray, threshold_px: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Rotation (3, 3) and translation (3,) from world to camera by PnP with RANSAC.

    `threshold_px` bounds the distance of an inlier: RANSAC takes the first, refits lie between the
    two, as the points' noise asks.
    """
    no_distortion: Any = None  # the stubs of OpenCV ask for an array
    focal_px = float(intrinsics[0, 0])
    try:
        good, turn, shift, inliers = cv2.solvePnPRansac(
            world,
            image,
            intrinsics,
            no_distortion,
            iterationsCount=200,
            reprojectionError=threshold_px[0],
            confidence=0.9999,
            flags=cv2.SOLVEPNP_SQPNP,
        )
        if not good or inliers is None or len(inliers) < MIN_POINTS:
            return None
        chosen = np.asarray(inliers, dtype=np.int64)[:, 0]
        rotation, translation = np.eye(3), np.zeros(3)
        for _ in range(_REFITS):
            turn, shift = cv2.solvePnPRefineLM(
                world[chosen], image[chosen], intrinsics, no_distortion, turn, shift
            )
            rotation, translation = np.asarray(cv2.Rodrigues(turn)[0]), np.asarray(shift)[:, 0]
            if not (np.isfinite(rotation).all() and np.isfinite(translation).all()):
                return None
            distance = _distances(world, image, focal_px, rotation, translation)
            # 2.15 medians hold 96 % of a Gaussian's distances in the plane.
            limit = np.clip(2.15 * np.median(distance), *threshold_px)
            last, chosen = chosen, np.flatnonzero(distance <= limit)
            if len(chosen) < MIN_POINTS:
                return None
            if np.array_equal(last, chosen):
                break
    except cv2.error:  # how OpenCV reports degenerate configurations
        return None
    return rotation, translation

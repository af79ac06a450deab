"""Poses to start the bundle of two photos from: five-point and six-point solvers under RANSAC.

PoseLib (Larsson 2020) solves; where it has no wheel OpenCV takes its place. Solvers measure in
pixels of a picture with a short side of 512, so that thresholds mean the same for every photo.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from splat_widgets.refinement.records import Matches, Pose
from splat_widgets.refinement.verdict import MIN_INLIERS

logger = logging.getLogger(__name__)

UNIT_PX = 512
EPIPOLAR_PX = 1.0
FEWEST_INLIERS = 0.7 * MIN_INLIERS
"""With fewer at every tried focal length no other focal length helps. Photos of different places
have 7 to 11, of one place 28 and more."""
_FEWEST_SAMPLES, _MOST_SAMPLES = 100, 10000
_MISSED = 1e-4  # probability that no sample is free of chance matches
FOCAL_RANGE = (0.4, 2.5)
"""Sides. Under sideways motion a solver's own focal length runs away."""


@dataclass(frozen=True, eq=False)
class Start:
    """A pose to start from, up to scale."""

    pose: Pose  # second from first
    focals_sides: tuple[float, float]
    inliers: np.ndarray | None = None  # (M,) bool, of a solver of all matches


@cache
def poselib() -> ModuleType | None:
    """The library, or None where it is not installed."""
    try:
        import poselib
    except ImportError:
        logger.info("PoseLib is not installed: OpenCV solves for the poses of pairs")
        return None
    return poselib


def relative_pose(
    matches: Matches, focals_sides: tuple[float, float], fewest: float = FEWEST_INLIERS
) -> Start | None:
    """The pose that most matches agree with, the focal lengths being known (Nistér 2004).

    Args:
        matches: of two photos, chance matches among them.
        focals_sides: of both photos.
        fewest: inliers with which a pose is of use; of few matches, fewer cost more samples.
    """
    library = poselib()
    if library is None:
        return _relative_by_opencv(matches, focals_sides)
    cameras = [_camera(focal) for focal in focals_sides]
    first, second = matches.first * UNIT_PX, matches.second * UNIT_PX
    options = _sampling(len(matches), 5, fewest)
    found, told = library.estimate_relative_pose(first, second, *cameras, options, {})
    return _start(found, focals_sides, told["inliers"])


def shared_focal_pose(matches: Matches) -> Start | None:
    """Pose and one focal length of both photos (six points); None where only OpenCV is there."""
    library = poselib()
    if library is None:
        return None
    first, second = matches.first * UNIT_PX, matches.second * UNIT_PX
    options, middle = _sampling(len(matches), 6), np.zeros(2)
    found, told = library.estimate_shared_focal_relative_pose(first, second, middle, options, {})
    focal = float(np.clip(found.camera1.focal() / UNIT_PX, *FOCAL_RANGE))
    return _start(found.pose, (focal, focal), told["inliers"]) if np.isfinite(focal) else None


def num_explained(matches: Matches) -> int:
    """How many matches some two cameras explain, whatever their focal lengths (seven points).

    0 where only OpenCV is there.
    """
    library = poselib()
    if library is None:
        return 0
    first, second = matches.first * UNIT_PX, matches.second * UNIT_PX
    _, told = library.estimate_fundamental(first, second, _sampling(len(matches), 7), {})
    return int(np.sum(told["inliers"]))


def _sampling(num_matches: int, size: int, fewest: float = FEWEST_INLIERS) -> dict[str, float]:
    """PoseLib's options: of few matches, no more samples than find the fewest inliers that count.

    Args:
        num_matches: of which samples are drawn.
        size: of a sample.
        fewest: inliers that count.
    """
    share = min(fewest / max(num_matches, 1), 0.99)
    needed = np.log(_MISSED) / np.log1p(-(share**size))
    most = int(np.clip(np.ceil(needed), _FEWEST_SAMPLES, _MOST_SAMPLES))
    return {
        "max_epipolar_error": EPIPOLAR_PX,
        "min_iterations": _FEWEST_SAMPLES,
        "max_iterations": most,
    }


def _camera(focal_sides: float) -> dict[str, object]:
    """PoseLib's record; the principal point is the origin, so that the size does not matter."""
    params = [focal_sides * UNIT_PX, 0.0, 0.0]
    return {"model": "SIMPLE_PINHOLE", "width": UNIT_PX, "height": UNIT_PX, "params": params}


def _start(found: Any, focals_sides: tuple[float, float], inliers: Any) -> Start | None:
    pose = Pose(np.asarray(found.R, float), np.asarray(found.t, float).reshape(3))
    if not _finite(pose):
        return None
    return Start(pose, focals_sides, None if inliers is None else np.asarray(inliers, bool))


def _finite(pose: Pose) -> bool:
    return bool(np.isfinite(pose.R).all() and np.isfinite(pose.t).all() and np.any(pose.t))


def _relative_by_opencv(matches: Matches, focals_sides: tuple[float, float]) -> Start | None:
    """The same with OpenCV, which takes one camera: rays on a plane at the mean focal length."""
    focal_px = float(np.sqrt(focals_sides[0] * focals_sides[1])) * UNIT_PX
    first = matches.first / focals_sides[0] * focal_px
    second = matches.second / focals_sides[1] * focal_px
    intrinsics = np.diag([focal_px, focal_px, 1.0])
    try:
        essential, chosen = cv2.findEssentialMat(
            first,
            second,
            intrinsics,
            method=cv2.USAC_ACCURATE,
            prob=0.9999,
            threshold=EPIPOLAR_PX,
        )
        if essential is None or essential.shape != (3, 3):
            return None
        mask = np.asarray(chosen).copy()
        _, R, t, *_ = cv2.recoverPose(
            essential, first, second, intrinsics, distanceThresh=1000.0, mask=mask
        )
    except cv2.error:
        return None
    pose = Pose(np.asarray(R), np.asarray(t)[:, 0])
    inliers = np.asarray(chosen).ravel() > 0
    return Start(pose, focals_sides, inliers) if _finite(pose) else None

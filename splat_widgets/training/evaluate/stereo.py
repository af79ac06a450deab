"""Classical two-view stereo with OpenCV, the method without a learned model.

SIFT matches (Lowe 2004) give the relative pose by the essential matrix (Nistér 2004) and a RANSAC
that refines its solutions (Barath and Matas 2018). The photos are rectified, and semi-global
matching (Hirschmüller 2008) gives a disparity for most pixels of either photo. The focal length is
known. The length of the baseline is unknown and set to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

MIN_INLIERS = 15
_RATIO = 0.8  # of the best match's distance to the second best's
_EPIPOLAR_PX = 0.5
_FARTHEST = 1000.0  # baselines; OpenCV's 50 takes most points of a small baseline for infinite
_MIN_CONTRAST = 0.01  # SIFT's default, 0.04, leaves too little of small pictures
_BLOCK_PX = 5
_CANVAS = 1.5  # side of the rectified pictures over that of the originals
_LARGEST_DISPARITY = 0.4  # of the rectified width
_LEAST_COSINE = 0.5  # between a photo's axis and that of its rectified picture
_MIN_DISPARITY_PX = 0.5  # a smaller disparity counts as infinitely far


@dataclass(frozen=True)
class StereoScene:
    """Points and pose of a pair, with the distance of the cameras as the unit."""

    points: Tensor  # (2, H, W, 3) in the frame of the first camera
    found: Tensor  # (2, H, W) bool: where there is a point
    T_first_second: Tensor  # (4, 4) second camera to first
    num_inliers: int  # matches that agree with the pose


def stereo(first: Tensor, second: Tensor, focal_px: float) -> StereoScene | None:
    """Points of both photos and the relative pose; None if the pose cannot be found.

    Args:
        first: (3, H, W) display RGB in [0, 1].
        second: (3, H, W) of the same size.
        focal_px: of both; the principal points are the centres.
    """
    pictures = [_grey(first), _grey(second)]
    height, width = pictures[0].shape
    # OpenCV has pixel centres at whole numbers.
    centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
    K = np.array([[focal_px, 0, centre_x], [0, focal_px, centre_y], [0, 0, 1]])
    found = _relative_pose(pictures[0], pictures[1], K)
    if found is None:
        return None
    R, t, num_inliers = found
    (own1, found1), (own2, found2) = _dense(pictures, K, R, t)
    points = np.stack([own1, (own2 - t) @ R])  # x2 = R x1 + t
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = R.T, -R.T @ t
    return StereoScene(
        points=torch.from_numpy(points).float(),
        found=torch.from_numpy(np.stack([found1, found2])),
        T_first_second=torch.from_numpy(pose).float(),
        num_inliers=num_inliers,
    )


def _relative_pose(
    first: np.ndarray, second: np.ndarray, K: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int] | None:
    """R (3, 3) and t (3,), of length 1, with x_second = R x_first + t; the number of inliers."""
    sift = cv2.SIFT.create(contrastThreshold=_MIN_CONTRAST)
    nothing: Any = None  # the stubs of OpenCV ask for arrays
    keys1, words1 = sift.detectAndCompute(first, nothing)
    keys2, words2 = sift.detectAndCompute(second, nothing)
    if words1 is None or words2 is None or min(len(keys1), len(keys2)) < MIN_INLIERS:
        return None
    nearest = cv2.BFMatcher(cv2.NORM_L2).knnMatch(words1, words2, k=2)
    clear = [m for m, other in nearest if m.distance < _RATIO * other.distance]
    if len(clear) < MIN_INLIERS:
        return None
    pixels1 = np.array([keys1[m.queryIdx].pt for m in clear])
    pixels2 = np.array([keys2[m.trainIdx].pt for m in clear])
    try:
        E, agree = cv2.findEssentialMat(
            pixels1, pixels2, K, method=cv2.USAC_ACCURATE, prob=0.999, threshold=_EPIPOLAR_PX
        )
        if E is None or E.shape != (3, 3):
            return None
        count, R, t, *_ = cv2.recoverPose(
            E, pixels1, pixels2, K, distanceThresh=_FARTHEST, mask=agree
        )
    except cv2.error:  # how OpenCV reports degenerate configurations
        return None
    return (R, t[:, 0], int(count)) if count >= MIN_INLIERS else None


def _dense(
    pictures: list[np.ndarray], K: np.ndarray, R: np.ndarray, t: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per photo: points (H, W, 3) in its own camera's frame, and where there is one (H, W).

    There is no point if a camera moved mostly forwards: rectification turns both photos to look
    across the baseline, and their fields of view do not reach that far.
    """
    height, width = pictures[0].shape
    nothing = np.zeros((height, width, 3)), np.zeros((height, width), bool)
    none: Any = None
    # Larger than the pictures, since turning a picture stretches it.
    canvas = (int(_CANVAS * width), int(_CANVAS * height))
    try:
        *both, _, _, _ = cv2.stereoRectify(
            K, none, K, none, (width, height), R, t[:, None], flags=0, alpha=-1, newImageSize=canvas
        )
    except cv2.error:
        return [nothing, nothing]
    turns, cameras = [np.asarray(part) for part in both[:2]], [np.asarray(p) for p in both[2:4]]
    if not all(np.isfinite(p).all() for p in (*turns, *cameras)):
        return [nothing, nothing]
    if min(turn[2, 2] for turn in turns) < _LEAST_COSINE:
        return [nothing, nothing]
    level = []
    for picture, turn, camera in zip(pictures, turns, cameras, strict=True):
        lookup = cv2.initUndistortRectifyMap(K, none, turn, camera[:, :3], canvas, cv2.CV_32FC1)
        level.append(cv2.remap(picture, *lookup, cv2.INTER_LINEAR))
    axis = int(abs(cameras[1][1, 3]) > abs(cameras[1][0, 3]))  # 1: one camera above the other
    shift = cameras[1][axis, 3]  # focal length times the offset of the second camera
    # Disparity of points at infinity, from the first photo to the second.
    infinity = cameras[0][axis, 2] - cameras[1][axis, 2]
    if axis:
        level = [np.ascontiguousarray(picture.T) for picture in level]
    if shift > 0:  # the first picture is the right (or lower) one: look at both in a mirror
        level = [picture[:, ::-1] for picture in level]
        infinity = -infinity
    first = _disparity(level[0], level[1], infinity)
    second = _disparity(level[1][:, ::-1], level[0][:, ::-1], infinity)[:, ::-1]
    disparities = [part[:, ::-1] if shift > 0 else part for part in (first, second)]
    disparities = [part.T if axis else part for part in disparities]
    return [
        _points(disparity, K, turn, camera, abs(shift), (height, width))
        for disparity, turn, camera in zip(disparities, turns, cameras, strict=True)
    ]


def _disparity(left: np.ndarray, right: np.ndarray, infinity: float) -> np.ndarray:
    """(H, W) disparity in columns between left and right, less that at infinity; NaN if unknown."""
    span = 16 * max(1, round(_LARGEST_DISPARITY * left.shape[1] / 16))
    least = int(np.floor(infinity))
    margin = span + abs(least)  # without one, the matcher has no answer near the edges
    matcher = cv2.StereoSGBM.create(
        minDisparity=least,
        numDisparities=span,
        blockSize=_BLOCK_PX,
        P1=8 * _BLOCK_PX**2,
        P2=32 * _BLOCK_PX**2,
        disp12MaxDiff=1,
        uniquenessRatio=5,
        speckleWindowSize=40,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_HH,
    )
    wide = [  # black, as the rest of the rectified pictures
        cv2.copyMakeBorder(part, 0, 0, margin, margin, cv2.BORDER_CONSTANT, value=[0.0])
        for part in map(np.ascontiguousarray, (left, right))
    ]
    found = matcher.compute(wide[0], wide[1])[:, margin:-margin].astype(np.float64) / 16
    disparity = found - infinity
    disparity[(found < least) | (disparity < _MIN_DISPARITY_PX)] = np.nan
    return disparity


def _points(
    disparity: np.ndarray,
    K: np.ndarray,
    turn: np.ndarray,
    camera: np.ndarray,
    shift: float,
    size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Points on the rays of a photo's own pixels from the disparity of its rectified picture."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    rays = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(K).T @ turn.T  # rectified frame
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = rays / np.where(rays[..., 2:] > 0, rays[..., 2:], np.nan)
    place = np.nan_to_num(ahead @ camera[:, :3].T, nan=-1.0)
    column, row = place[..., 0].round(), place[..., 1].round()
    inside = (column >= 0) & (column < disparity.shape[1])
    inside &= (row >= 0) & (row < disparity.shape[0])
    index = (np.where(inside, row, 0).astype(int), np.where(inside, column, 0).astype(int))
    seen = np.where(inside, disparity[index], np.nan)
    points = (shift / seen)[..., None] * ahead @ turn
    found = np.isfinite(points).all(-1) & (points[..., 2] > 0)
    return np.where(found[..., None], points, 0.0), found


def _grey(picture: Tensor) -> np.ndarray:
    pixels = (picture.detach().clamp(0, 1) * 255).round().byte().movedim(0, -1).cpu().numpy()
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)

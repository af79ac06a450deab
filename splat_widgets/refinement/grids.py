"""Pictures and projections at the resolution of a grid of Gaussians."""

from __future__ import annotations

import math

import cv2
import numpy as np

from splat_widgets.refinement.records import Pose, Shot, Window


def widened(window: Window, count: int, border: int) -> Window:
    """The window of a grid of `count` pixels with `border` more of them on each side."""
    pitch = window.size / count
    shift = border * pitch
    return Window(window.left - shift, window.top - shift, window.size + 2 * shift)


def picture_on_grid(shot: Shot, window: Window, count: int) -> np.ndarray:
    """(count, count, 3) uint8: the mean of the photo inside each pixel of a grid over a window.

    Beyond the photo its border is repeated.
    """
    pitch_px = window.size / count * shot.side_px
    fine = max(1, math.ceil(pitch_px - 1e-6))  # samples per grid pixel and axis
    places = (shot.to_pixels(window.centres(count * fine)) - 0.5).astype(np.float32)
    way, edge = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    picture = cv2.remap(shot.picture, places[..., 0], places[..., 1], way, borderMode=edge)
    if fine == 1:
        return picture
    return cv2.resize(picture, (count, count), interpolation=cv2.INTER_AREA)


def grey(picture: np.ndarray) -> np.ndarray:
    """(H, W) float32 grey levels of a picture (H, W, 3) uint8."""
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float32)


def shrunk(shot: Shot, pitch_sides: float) -> np.ndarray:
    """(h, w) float32 grey levels of the whole photo, with pixels of about a size in sides.

    A photo of larger pixels stays as it is: enlarging it adds nothing.
    """
    height, width = shot.picture.shape[:2]
    factor = min(1.0, 1 / (pitch_sides * shot.side_px))
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    if size == (width, height):
        return grey(shot.picture)
    return grey(cv2.resize(shot.picture, size, interpolation=cv2.INTER_AREA))


def to_picture(shot: Shot, focal_sides: float, pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """(3, 4) projection of points to pixels, from the corner, of the photo resized to (h, w).

    Args:
        shot: the photo.
        focal_sides: its focal length.
        pose: from the points' frame to its camera.
        size: rows and columns of the resized photo.
    """
    height, width = shot.picture.shape[:2]
    scale = np.array([size[1] / width, size[0] / height])
    K = np.eye(3)
    K[[0, 1], [0, 1]] = focal_sides * shot.side_px * scale
    K[:2, 2] = np.array(shot.principal_px) * scale
    return K @ np.column_stack([pose.R, pose.t])


def to_grid(window: Window, focal_sides: float, pose: Pose, count: int) -> np.ndarray:
    """(3, 4) projection of points to pixels, from the corner, of a grid over a photo's window."""
    per_side = count / window.size
    K = np.eye(3)
    K[[0, 1], [0, 1]] = focal_sides * per_side
    K[:2, 2] = -window.left * per_side, -window.top * per_side
    return K @ np.column_stack([pose.R, pose.t])


def rays(window: Window, focal_sides: float, count: int) -> np.ndarray:
    """(count, count, 3) directions through the grid's pixels, 1 along the optical axis."""
    plane = window.centres(count) / focal_sides
    return np.concatenate([plane, np.ones_like(plane[..., :1])], -1)


def transformed(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(..., K) of floating-point points (..., 3) by a (K, 4) matrix, in the points' precision.

    Over a whole grid OpenCV takes a quarter of the time of numpy's product with a matrix so narrow.
    """
    assert points.dtype in (np.float32, np.float64), f"OpenCV would round {points.dtype}"
    shape = *points.shape[:-1], len(matrix)
    if not points.size:
        return np.zeros(shape, points.dtype)
    return cv2.transform(points.reshape(-1, 1, 3), matrix).reshape(shape)

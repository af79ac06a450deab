"""A photo with known camera and depth, as the network sees it: a square with one focal length.

Lens distortion is undone, the largest square centred on the principal point is kept, and its pixels
are made square. Depth is looked up at the centres of the new pixels and never blended across edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from torch import Tensor

from splat_widgets.photos.opening import MAX_PIXELS, open_photo
from splat_widgets.photos.source import PhotoError
from splat_widgets.scene.posed import Intrinsics
from splat_widgets.scene.transforms import Frame, TransformsError
from splat_widgets.training.procedural.scenes import FAR_METRES

UNKNOWN_METRES = 1000.0
"""Depth of pixels without one: finite, and farther than any surface that another photo sees."""


@dataclass(frozen=True, eq=False)
class PosedPhoto:
    """S x S pixels of a frame; the principal point is the centre."""

    image: Tensor  # (3, S, S) uint8
    depth: Tensor  # (S, S) float64 metres along the optical axis; UNKNOWN_METRES where not valid
    valid: Tensor  # (S, S) bool: depth is known and at most FAR_METRES, and the mask is not black


def half_field(intrinsics: Intrinsics) -> float:
    """Tangent of half the angle that the largest centred square of a picture spans."""
    (fx, fy), (cx, cy) = intrinsics.focal_px, intrinsics.principal_point_px
    x = min(cx, intrinsics.width - cx) / fx
    y = min(cy, intrinsics.height - cy) / fy
    return min(x, y)


def load_posed_photo(frame: Frame, image_size: int, tangent: float) -> PosedPhoto:
    """A frame as a square that spans an angle.

    Args:
        frame: with depth.
        image_size: S, side of the square in pixels; the focal length is S / (2 tangent).
        tangent: of half the angle; at most the frame's `half_field`.

    Raises:
        TransformsError: for files that cannot be used or do not fit each other.
    """
    depth, valid = load_depth(frame, image_size, tangent)
    return PosedPhoto(_load_image(frame, image_size, tangent), depth, valid)


def load_depth(frame: Frame, image_size: int, tangent: float) -> tuple[Tensor, Tensor]:
    """Depth and validity of `load_posed_photo`, without opening the photo."""
    if frame.depth is None:
        raise TransformsError(
            f"{frame.name}: has no 'depth_file_path', so it cannot be trained on: points are "
            "learned in metres. Add a depth map, from the sensor or from a reconstruction"
        )
    x, y = _source_pixels(frame.intrinsics, image_size, tangent)
    inside = (x >= 0) & (x < frame.intrinsics.width) & (y >= 0) & (y < frame.intrinsics.height)
    found = _look_up(_read_depth(frame, frame.depth), x, y, frame) * frame.depth_unit_metres
    valid = inside & np.isfinite(found) & (found > 0) & (found <= FAR_METRES)
    if frame.mask is not None:
        valid &= _look_up(_read_mask(frame, frame.mask), x, y, frame) > 0
    depth = np.where(valid, found, UNKNOWN_METRES)
    return torch.from_numpy(depth), torch.from_numpy(valid)


def _load_image(frame: Frame, image_size: int, tangent: float) -> Tensor:
    """(3, S, S) uint8."""
    inner = frame.intrinsics
    try:
        photo = open_photo(frame.image)
    except PhotoError as error:
        raise TransformsError(f"{frame.name}: {error}") from error
    if photo.size != (inner.width, inner.height):
        hint = "give the size and the camera of the files, or scale the photos"
        if photo.size == (inner.height, inner.width):
            hint = "if EXIF turns the photo, give the camera of the upright picture, or save the "
            hint += "pixels without the EXIF turn"
        raise TransformsError(
            f"{frame.name}: expected a photo of 'w' x 'h' = {inner.width} x {inner.height}, got "
            f"{photo.size[0]} x {photo.size[1]} (upright); {hint}"
        )
    if inner.distortion:
        K = _matrix(inner, origin=0.5)  # OpenCV's origin is the centre of the first pixel
        straight = cv2.undistort(np.asarray(photo), K, np.array(inner.distortion))
        photo = Image.fromarray(straight)
    (fx, fy), (cx, cy) = inner.focal_px, inner.principal_point_px
    box = (
        max(0.0, cx - tangent * fx),  # rounding must not move it over the border
        max(0.0, cy - tangent * fy),
        min(float(inner.width), cx + tangent * fx),
        min(float(inner.height), cy + tangent * fy),
    )
    smaller = box[2] - box[0] > image_size
    kernel = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    square = photo.resize((image_size, image_size), kernel, box=box)
    return torch.from_numpy(np.array(square)).movedim(-1, 0).contiguous()


def _source_pixels(
    inner: Intrinsics, image_size: int, tangent: float
) -> tuple[np.ndarray, np.ndarray]:
    """(S, S) x and y in the distorted photo of the square's pixel centres."""
    step = (np.arange(image_size) + 0.5) * (2 * tangent / image_size) - tangent
    across, down = np.meshgrid(step, step)
    if not inner.distortion:
        (fx, fy), (cx, cy) = inner.focal_px, inner.principal_point_px
        return across * fx + cx, down * fy + cy
    rays = np.stack([across, down, np.ones_like(across)], -1).reshape(-1, 3)
    still = np.zeros(3)
    seen, _ = cv2.projectPoints(rays, still, still, _matrix(inner), np.array(inner.distortion))
    x, y = seen.reshape(image_size, image_size, 2).transpose(2, 0, 1)
    return x, y


def _look_up(values: np.ndarray, x: np.ndarray, y: np.ndarray, frame: Frame) -> np.ndarray:
    """Values (h, w) at photo pixels, nearest; (h, w) may be another resolution of the photo."""
    inner = frame.intrinsics
    height, width = values.shape
    column = np.floor(x * width / inner.width).clip(0, width - 1).astype(int)
    row = np.floor(y * height / inner.height).clip(0, height - 1).astype(int)
    return values[row, column]


def _matrix(inner: Intrinsics, origin: float = 0.0) -> np.ndarray:
    """(3, 3) intrinsics with the first pixel's corner (0) or centre (0.5) as the origin."""
    (fx, fy), (cx, cy) = inner.focal_px, inner.principal_point_px
    return np.array([[fx, 0, cx - origin], [0, fy, cy - origin], [0, 0, 1]])


def _read_depth(frame: Frame, path: Path) -> np.ndarray:
    """(h, w) float64 in the file's unit."""
    try:
        values = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _read_png(path)
    except (OSError, ValueError, SyntaxError) as error:
        raise TransformsError(f"{frame.name}: cannot read the depth map {path}: {error}") from error
    if values.ndim != 2 or values.dtype.kind not in "uif" or values.dtype == np.uint8:
        raise TransformsError(
            f"{frame.name}: expected depth as a 16-bit grey PNG or a 2D .npy of numbers, got "
            f"{values.dtype} of shape {values.shape} in {path}"
        )
    _check_aspect(frame, values, path)
    return values.astype(np.float64)


def _read_mask(frame: Frame, path: Path) -> np.ndarray:
    """(h, w) uint8, 0 where the photo is ignored."""
    try:
        values = np.asarray(open_photo(path)).max(-1)
    except PhotoError as error:
        raise TransformsError(f"{frame.name}: {error}") from error
    _check_aspect(frame, values, path)
    return values


def _read_png(path: Path) -> np.ndarray:
    with PngImageFile(path) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"has {image.width} x {image.height} pixels, too many")
        return np.asarray(image)


def _check_aspect(frame: Frame, values: np.ndarray, path: Path) -> None:
    inner = frame.intrinsics
    height, width = values.shape
    if abs(width * inner.height - height * inner.width) > max(inner.width, inner.height):
        raise TransformsError(
            f"{frame.name}: expected {path} to have the shape of the photo, "
            f"{inner.width} x {inner.height}, at any resolution; got {width} x {height}"
        )

"""Photos with known cameras and depth in a folder: nerfstudio's `transforms.json`.

    scene_0001/
      transforms.json
      images/0001.jpg ...       JPEG, PNG or WebP
      depth/0001.png ...        or .npy
      masks/0001.png ...        optional

`transforms.json`, with numbers for all photos at the top or, for one photo, in its frame:

    {
      "camera_model": "OPENCV",            optional; see below
      "fl_x": 1052.1, "fl_y": 1051.8,      focal lengths in px; or "camera_angle_x" in radians
      "cx": 960, "cy": 540,                principal point in px; the centre if left out
      "w": 1920, "h": 1080,                size in px; the first photo's if left out
      "k1": 0, "k2": 0, "p1": 0, "p2": 0, "k3": 0,
      "depth_unit_scale_factor": 0.001,    metres per unit of the depth maps
      "applied_scale": 1.0,                factor on metres in the translations
      "frames": [
        {
          "file_path": "images/0001.jpg",
          "transform_matrix": [[...], [...], [...], [0, 0, 0, 1]],
          "depth_file_path": "depth/0001.png",
          "mask_path": "masks/0001.png"
        }, ...
      ]
    }

- Poses map the camera to the world, with OpenGL's camera axes: x right, y up, z backwards.
- Pixels are counted from the top left corner of the picture, as in `splat_widgets.conventions`.
- Depth is along the optical axis, not along the ray; 0 or not finite where it is unknown. A `.png`
  has 16 bits and millimetres, a `.npy` metres, unless `depth_unit_scale_factor` says otherwise. A
  map may be smaller or larger than its photo. Frames without depth are read, but cannot be trained
  on: the network learns points in metres.
- Masks are black where a photo is ignored.
- Photos are turned upright as EXIF asks, so sizes, cameras and depth maps are those of the upright
  picture.
- Camera models: pinholes and OpenCV's with `k1 k2 p1 p2 k3`, which training
  undistorts. Fisheyes, panoramas and other models are refused.

Other keys are ignored. `training/posed/writing.py` writes such folders.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.files import local_path, open_file
from splat_widgets.photos.opening import open_photo
from splat_widgets.photos.source import PhotoError
from splat_widgets.scene.posed import Intrinsics, rigid, short

FILE_NAME = "transforms.json"
MILLIMETRE = 1e-3
OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
"""Turns a camera's axes by 180 degrees about x; it is its own inverse."""

_MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
_DISTORTION = ("k1", "k2", "p1", "p2", "k3")  # in OpenCV's order


class TransformsError(ValueError):
    """A folder of posed photos that cannot be used: which file, which key, and why."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One photo of a posed scene; its files are not open yet."""

    name: str  # for messages: the list's file, the number, the photo
    image: Path
    depth: Path | None
    mask: Path | None
    intrinsics: Intrinsics
    T_world_camera: np.ndarray  # (4, 4) float64, camera to world, OpenCV axes, metres
    depth_unit_metres: float  # metres per unit of the depth map


def read_transforms(
    folder: str | os.PathLike[str], *, cameras_only: bool = False
) -> tuple[Frame, ...]:
    """The frames of a posed scene, checked.

    Args:
        folder: one with a `transforms.json`, or the path of that file.
        cameras_only: photos and maps need not be there; sizes have to be in the file, then.

    Raises:
        TransformsError: for a file, a key or a value that is missing or wrong.
    """
    path = local_path(folder)
    path = path / FILE_NAME if path.is_dir() else path
    table = _read_json(path)
    rows = table.get("frames")
    if not isinstance(rows, list) or not rows:
        raise TransformsError(f"{path}: expected a list of 'frames', got {short(rows)}")
    first_size: list[tuple[int, int]] = []
    scale = _number(table, "applied_scale", str(path), default=1.0)
    if not scale > 0:
        raise TransformsError(f"{path}: expected 'applied_scale' above 0, got {scale}")
    frames = []
    for number, row in enumerate(rows):
        where = f"{path}, frame {number}"
        if not isinstance(row, dict):
            raise TransformsError(f"{where}: expected an object, got {short(row)}")
        image = _file(row, "file_path", path.parent, where, there=not cameras_only)
        if image is None:
            raise TransformsError(f"{where}: expected a 'file_path', got the keys {sorted(row)}")
        where = f"{where} ({row['file_path']})"
        merged = {**table, **row}
        _check_model(merged, where)
        if not first_size and not ("w" in merged and "h" in merged):
            first_size.append(_size_of(image, where))
        depth = _file(row, "depth_file_path", path.parent, where, there=not cameras_only)
        default_unit = 1.0 if depth is not None and depth.suffix == ".npy" else MILLIMETRE
        unit = _number(merged, "depth_unit_scale_factor", where, default=default_unit)
        if not unit > 0:
            raise TransformsError(
                f"{where}: expected 'depth_unit_scale_factor' above 0, got {unit}"
            )
        frames.append(
            Frame(
                name=where,
                image=image,
                depth=depth,
                mask=_file(row, "mask_path", path.parent, where, there=not cameras_only),
                intrinsics=_intrinsics(merged, first_size, where),
                T_world_camera=_pose(row, scale, where),
                depth_unit_metres=unit,
            )
        )
    return tuple(frames)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        with open_file(path) as file:
            table = json.load(file)
    except FileNotFoundError as error:
        raise TransformsError(f"no {FILE_NAME} at {path}") from error
    except (OSError, ValueError) as error:
        raise TransformsError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(table, dict):
        raise TransformsError(f"{path}: expected an object, got {short(table)}")
    return table


def _file(row: dict[str, Any], key: str, folder: Path, where: str, *, there: bool) -> Path | None:
    """The file that a key names, or None without the key; `there`: it has to exist."""
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise TransformsError(f"{where}: expected a path as {key!r}, got {short(value)}")
    path = folder / value
    if not path.suffix and not path.exists():  # Blender's files leave it out
        path = path.with_suffix(".png")
    if there and not path.is_file():
        raise TransformsError(f"{where}: {key!r} names {value}, but there is no file {path}")
    return path


def _check_model(table: dict[str, Any], where: str) -> None:
    model = table.get("camera_model", "OPENCV")
    fisheye = bool(table.get("is_fisheye")) or bool(table.get("k4"))
    if model not in _MODELS or fisheye:
        named = "with 'is_fisheye' or 'k4'" if fisheye else f"{model!r}"
        raise TransformsError(
            f"{where}: cannot use the camera model {named}; expected one of {', '.join(_MODELS)}. "
            "Undistort the photos first, for example with COLMAP's image_undistorter"
        )


def _intrinsics(table: dict[str, Any], first_size: list[tuple[int, int]], where: str) -> Intrinsics:
    default_width, default_height = first_size[0] if first_size else (None, None)
    width = _number(table, "w", where, default=default_width)
    height = _number(table, "h", where, default=default_height)
    if not (width >= 1 and height >= 1 and width == int(width) and height == int(height)):
        raise TransformsError(f"{where}: expected 'w' and 'h' in whole pixels, got {width, height}")
    if "fl_x" in table:
        focal_x = _number(table, "fl_x", where)
    elif "camera_angle_x" in table:
        angle = _number(table, "camera_angle_x", where)
        if not 0 < angle < math.pi:
            raise TransformsError(f"{where}: expected 'camera_angle_x' in (0, π), got {angle}")
        focal_x = width / 2 / math.tan(angle / 2)
    else:
        raise TransformsError(
            f"{where}: expected a focal length as 'fl_x' (px) or 'camera_angle_x' (radians), "
            f"got the keys {sorted(table)}"
        )
    focal_y = _number(table, "fl_y", where, default=focal_x)
    if not (focal_x > 0 and focal_y > 0):
        raise TransformsError(f"{where}: expected focal lengths above 0, got {focal_x, focal_y}")
    center = (
        _number(table, "cx", where, default=width / 2),
        _number(table, "cy", where, default=height / 2),
    )
    if not (0 < center[0] < width and 0 < center[1] < height):
        raise TransformsError(
            f"{where}: expected 'cx' and 'cy' inside {int(width)} x {int(height)} px, got {center}"
        )
    values = tuple(_number(table, key, where, default=0.0) for key in _DISTORTION)
    return Intrinsics(
        focal_px=(focal_x, focal_y),
        principal_point_px=center,
        width=int(width),
        height=int(height),
        distortion=values if any(values) else (),
    )


def _pose(row: dict[str, Any], scale: float, where: str) -> np.ndarray:
    """(4, 4) camera to world, OpenCV axes, metres, with an exact rotation."""
    if "transform_matrix" not in row:
        raise TransformsError(f"{where}: expected a 'transform_matrix', got the keys {sorted(row)}")
    advice = "; a common scale belongs into 'applied_scale'"
    try:
        pose = rigid(row["transform_matrix"], f"{where}: 'transform_matrix'", advice=advice)
    except ValueError as error:
        raise TransformsError(str(error)) from error
    pose[:3, 3] /= scale
    return pose @ OPENGL_TO_OPENCV


def _number(table: dict[str, Any], key: str, where: str, *, default: float | None = None) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TransformsError(f"{where}: expected a finite number as {key!r}, got {short(value)}")
    return float(value)


def _size_of(image: Path, where: str) -> tuple[int, int]:
    try:
        return open_photo(image).size
    except PhotoError as error:
        raise TransformsError(f"{where}: {error}") from error

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
- Camera models: pinholes and OpenCV's with `k1 k2 p1 p2 k3`, which `posed.photos` undistorts.
  Fisheyes, panoramas and other models are refused.

Other keys are ignored. `write_transforms` writes such folders.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from torch import Tensor

from splat_widgets.files import local_path, make_folder, open_file, replacing
from splat_widgets.photos.opening import PhotoError, open_photo
from splat_widgets.rendering.pictures import to_uint8
from splat_widgets.training.procedural.scenes import Pairs

FILE_NAME = "transforms.json"
MILLIMETRE = 1e-3
OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
"""Turns a camera's axes by 180 degrees about x; it is its own inverse."""

_MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
_DISTORTION = ("k1", "k2", "p1", "p2", "k3")  # in OpenCV's order
_ROTATION_TOLERANCE = 1e-3  # files have few digits; a matrix that is further off is not a rotation
_LARGEST_PNG = 65535


class TransformsError(ValueError):
    """A folder of posed photos that cannot be used: which file, which key, and why."""


@dataclass(frozen=True)
class Intrinsics:
    """The inner geometry of a camera, for a picture of `width` x `height`."""

    focal_px: tuple[float, float]  # along x and y
    principal_point_px: tuple[float, float]  # x, y
    width: int  # pixels
    height: int  # pixels
    distortion: tuple[float, ...] = ()  # OpenCV's k1 k2 p1 p2 k3; empty for a pinhole


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


def read_transforms(folder: str | os.PathLike[str]) -> tuple[Frame, ...]:
    """The frames of a posed scene, checked.

    Args:
        folder: one with a `transforms.json`, or the path of that file.

    Raises:
        TransformsError: for a file, a key or a value that is missing or wrong.
    """
    path = local_path(folder)
    path = path / FILE_NAME if path.is_dir() else path
    table = _read_json(path)
    rows = table.get("frames")
    if not isinstance(rows, list) or not rows:
        raise TransformsError(f"{path}: expected a list of 'frames', got {_short(rows)}")
    first_size: list[tuple[int, int]] = []
    scale = _number(table, "applied_scale", str(path), default=1.0)
    if not scale > 0:
        raise TransformsError(f"{path}: expected 'applied_scale' above 0, got {scale}")
    frames = []
    for number, row in enumerate(rows):
        where = f"{path}, frame {number}"
        if not isinstance(row, dict):
            raise TransformsError(f"{where}: expected an object, got {_short(row)}")
        image = _file(row, "file_path", path.parent, where)
        if image is None:
            raise TransformsError(f"{where}: expected a 'file_path', got the keys {sorted(row)}")
        where = f"{where} ({row['file_path']})"
        merged = {**table, **row}
        _check_model(merged, where)
        if not first_size and not ("w" in merged and "h" in merged):
            first_size.append(_size_of(image, where))
        depth = _file(row, "depth_file_path", path.parent, where)
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
                mask=_file(row, "mask_path", path.parent, where),
                intrinsics=_intrinsics(merged, first_size, where),
                T_world_camera=_pose(row, scale, where),
                depth_unit_metres=unit,
            )
        )
    return tuple(frames)


def write_transforms(
    pairs: Pairs,
    folder: str | os.PathLike[str],
    *,
    depth: Literal["png", "npy"] = "png",
) -> list[Path]:
    """Write pairs and their target views as posed scenes, with pictures of 8 bits.

    Args:
        pairs: B pairs. Pixels that are not valid get no depth.
        folder: receives one folder for each pair, named by its seed.
        depth: "png" rounds to millimetres and reaches 65 m, "npy" keeps float32 metres.

    Returns:
        The B folders.

    Raises:
        FileExistsError: if a scene is there already.
        ValueError: for depth that millimetres in 16 bits cannot hold.
    """
    folder, scenes = make_folder(folder), []
    for index in range(len(pairs)):
        pair = pairs.select(pairs.seeds.new_tensor([index])).to("cpu")
        scene = folder / f"scene_{int(pair.seeds):010d}"
        if (scene / FILE_NAME).exists():
            raise FileExistsError(f"{scene / FILE_NAME} exists already; choose another folder")
        for part in ("images", "depth"):
            make_folder(scene / part)
        _write_scene(pair, scene, depth)
        scenes.append(scene)
    return scenes


def _write_scene(pair: Pairs, scene: Path, kind: Literal["png", "npy"]) -> None:
    views = [pair] if pair.targets is None else [pair, pair.targets]
    frames: list[dict[str, Any]] = []
    for view in views:
        for picture, points, valid, pose in zip(
            view.images[0], view.points[0], view.valid[0], view.T_first_camera[0], strict=True
        ):
            name = f"{len(frames):04d}"
            Image.fromarray(to_uint8(picture.movedim(0, -1))).save(scene / f"images/{name}.png")
            _write_depth(scene / f"depth/{name}.{kind}", _depth(points, valid, pose))
            matrix = pose.double().numpy() @ OPENGL_TO_OPENCV
            frames.append(
                {
                    "file_path": f"images/{name}.png",
                    "depth_file_path": f"depth/{name}.{kind}",
                    "transform_matrix": matrix.tolist(),
                }
            )
    height, width = pair.images.shape[-2:]
    focal = float(pair.focal_px)
    table = {
        "camera_model": "PINHOLE",
        "fl_x": focal,
        "fl_y": focal,
        "cx": width / 2,
        "cy": height / 2,
        "w": width,
        "h": height,
        "depth_unit_scale_factor": MILLIMETRE if kind == "png" else 1.0,
        "frames": frames,
    }
    # Written last: a folder that is cut short has no list and is not read.
    with replacing(scene / FILE_NAME) as partial:
        partial.write_text(json.dumps(table, indent=1))


def _depth(points: Tensor, valid: Tensor, pose: Tensor) -> np.ndarray:
    """(H, W) metres along the optical axis, 0 where it is not valid."""
    along = ((points.double() - pose[:3, 3].double()) @ pose[:3, 2].double()).numpy()
    return np.where(valid.numpy(), along, 0)


def _write_depth(path: Path, metres: np.ndarray) -> None:
    if path.suffix == ".npy":
        np.save(path, metres.astype(np.float32))
        return
    units = np.rint(metres / MILLIMETRE)
    if units.max() > _LARGEST_PNG:
        raise ValueError(
            f"expected depth up to {_LARGEST_PNG * MILLIMETRE:.1f} m for 16 bits of millimetres, "
            f"got {metres.max():.1f} m; write it with depth='npy'"
        )
    Image.fromarray(units.astype(np.uint16)).save(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        with open_file(path) as file:
            table = json.load(file)
    except FileNotFoundError as error:
        raise TransformsError(f"no {FILE_NAME} at {path}") from error
    except (OSError, ValueError) as error:
        raise TransformsError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(table, dict):
        raise TransformsError(f"{path}: expected an object, got {_short(table)}")
    return table


def _file(row: dict[str, Any], key: str, folder: Path, where: str) -> Path | None:
    """The file that a key names, or None without the key."""
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise TransformsError(f"{where}: expected a path as {key!r}, got {_short(value)}")
    path = folder / value
    if not path.suffix and not path.exists():  # Blender's files leave it out
        path = path.with_suffix(".png")
    if not path.is_file():
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
    where = f"{where}: 'transform_matrix'"
    try:
        matrix = np.array(row["transform_matrix"], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TransformsError(f"{where} is not a matrix of numbers") from error
    if matrix.shape == (3, 4):
        matrix = np.vstack([matrix, [0, 0, 0, 1]])
    if matrix.shape != (4, 4):
        raise TransformsError(f"{where}: expected 4 x 4 numbers, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise TransformsError(f"{where}: expected finite numbers, got {_short(matrix.tolist())}")
    if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
        raise TransformsError(f"{where}: expected the last row 0 0 0 1, got {matrix[3].tolist()}")
    U, stretch, Vt = np.linalg.svd(matrix[:3, :3])
    if np.abs(stretch - 1).max() > _ROTATION_TOLERANCE or np.linalg.det(U @ Vt) < 0:
        raise TransformsError(
            f"{where}: expected a rotation in its first three columns (orthonormal, right-handed), "
            f"got axes stretched by {np.round(stretch, 3).tolist()} and determinant "
            f"{np.linalg.det(matrix[:3, :3]):.3f}; a common scale belongs into 'applied_scale'"
        )
    pose = np.eye(4)
    pose[:3, :3] = U @ Vt
    pose[:3, 3] = matrix[:3, 3] / scale
    return pose @ OPENGL_TO_OPENCV


def _number(table: dict[str, Any], key: str, where: str, *, default: float | None = None) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TransformsError(f"{where}: expected a finite number as {key!r}, got {_short(value)}")
    return float(value)


def _size_of(image: Path, where: str) -> tuple[int, int]:
    try:
        return open_photo(image).size
    except PhotoError as error:
        raise TransformsError(f"{where}: {error}") from error


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"

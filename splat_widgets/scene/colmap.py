"""Cameras of a COLMAP model: `cameras` and `images`, as text or binary.

The layout is that of https://colmap.github.io/format.html. Only cameras and poses are read; points
and features may be missing. Pixels are counted as in `splat_widgets.conventions`, with the first
pixel's centre at (0.5, 0.5).
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from splat_widgets.files import local_path, open_file
from splat_widgets.scene.posed import Intrinsics, rigid

Parsed = TypeVar("Parsed")

_IN_FOLDER = ("", "sparse/0", "sparse", "0")  # where projects keep a model
_NUM_PARAMS = {"SIMPLE_PINHOLE": 3, "PINHOLE": 4, "SIMPLE_RADIAL": 4, "RADIAL": 5, "OPENCV": 8}
_NUMBERS = dict(enumerate(_NUM_PARAMS))  # COLMAP's model ids 0 to 4, in this order
_QUATERNION_TOLERANCE = 1e-3


class ColmapError(ValueError):
    """A COLMAP model that cannot be used: which file, which line or image, and why."""


@dataclass(frozen=True, eq=False)
class ColmapImage:
    """One registered photo of a model."""

    name: str  # as COLMAP wrote it: a path from the folder of photos
    intrinsics: Intrinsics
    T_world_camera: np.ndarray  # (4, 4) float64, camera to world, OpenCV axes, the model's units


def read_colmap(folder: str | os.PathLike[str]) -> tuple[ColmapImage, ...]:
    """The registered photos of a model, sorted by name.

    Args:
        folder: with `cameras.bin` and `images.bin` or `cameras.txt` and `images.txt`; or one that
            has them in `sparse/0`, `sparse` or `0`.

    Raises:
        ColmapError: for missing or damaged files, and for camera models other than pinholes and
            OpenCV's with up to four coefficients.
    """
    home = local_path(folder)
    for part in _IN_FOLDER:
        for suffix, cameras_of, images_of in (
            (".bin", _binary_cameras, _binary_images),
            (".txt", _text_cameras, _text_images),
        ):
            first, second = (home / part / f"{name}{suffix}" for name in ("cameras", "images"))
            if first.is_file() and second.is_file():
                cameras = _read(first, cameras_of)
                rows = _read(second, images_of)
                return _joined(cameras, rows, second)
    raise ColmapError(
        f"no COLMAP model in {home}: expected cameras.bin and images.bin, or cameras.txt and "
        "images.txt, in it or in its sparse/0"
    )


def _joined(
    cameras: dict[int, Intrinsics], rows: list[tuple[str, int, np.ndarray]], path: Path
) -> tuple[ColmapImage, ...]:
    images = []
    for name, camera, values in rows:
        where = f"{path}, image {name}"
        if camera not in cameras:
            raise ColmapError(f"{where}: names camera {camera}, but there is no such camera")
        images.append(ColmapImage(name, cameras[camera], _pose(values, where)))
    if not images:
        raise ColmapError(f"{path}: no image is registered")
    return tuple(sorted(images, key=lambda image: image.name))


def _pose(values: np.ndarray, where: str) -> np.ndarray:
    """Camera to world of qw qx qy qz tx ty tz, which map the world to the camera."""
    quaternion, t = values[:4], values[4:]
    length = float(np.linalg.norm(quaternion))
    if not (np.isfinite(values).all() and abs(length - 1) < _QUATERNION_TOLERANCE):
        raise ColmapError(
            f"{where}: expected a unit quaternion and a translation, got {values.tolist()}"
        )
    w, x, y, z = quaternion / length
    R = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    return rigid(np.column_stack([R.T, -R.T @ t]), where)


def _intrinsics(model: str, width: int, height: int, params: list[float], where: str) -> Intrinsics:
    if len(params) != _NUM_PARAMS[model] or not all(map(math.isfinite, params)):
        raise ColmapError(f"{where}: expected {_NUM_PARAMS[model]} numbers, got {params}")
    two_focals = model in ("PINHOLE", "OPENCV")
    focal = (params[0], params[1]) if two_focals else (params[0], params[0])
    x, y, *lens = params[2:] if two_focals else params[1:]
    if not (min(focal) > 0 and width > 0 and height > 0):
        raise ColmapError(
            f"{where}: expected a size and focal lengths above 0, got {width} x {height}, {focal}"
        )
    distortion = (*lens, *[0.0] * (5 - len(lens))) if any(lens) else ()
    return Intrinsics(focal, (x, y), width, height, distortion)


def _check_model(model: str, where: str) -> None:
    if model not in _NUM_PARAMS:
        raise ColmapError(
            f"{where}: cannot use the camera model {model}; expected one of "
            f"{', '.join(_NUM_PARAMS)}. Undistort the photos with COLMAP's image_undistorter"
        )


def _text_cameras(data: bytes, path: Path) -> dict[int, Intrinsics]:
    """Lines of CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]."""
    cameras = {}
    for number, line in _lines(data):
        where = f"{path}, line {number}"
        words = line.split()
        _check_model(words[1], where)
        params = [float(word) for word in words[4:]]
        size = int(words[2]), int(words[3])
        cameras[int(words[0])] = _intrinsics(words[1], *size, params, where)
    return cameras


def _text_images(data: bytes, path: Path) -> list[tuple[str, int, np.ndarray]]:
    """Pairs of lines: IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME; features or nothing."""
    rows = []
    for _, line in list(_lines(data, keep_empty=True))[::2]:
        words = line.split(maxsplit=9)
        rows.append((words[9], int(words[8]), np.array(words[1:8], np.float64)))
    return rows


def _lines(data: bytes, *, keep_empty: bool = False) -> Iterator[tuple[int, str]]:
    """Numbered lines without comments; empty ones only on request, except at the end."""
    for number, line in enumerate(data.decode("utf-8").rstrip().splitlines(), start=1):
        text = line.strip()
        if not text.startswith("#") and (text or keep_empty):
            yield number, text


def _binary_cameras(data: bytes, path: Path) -> dict[int, Intrinsics]:
    """uint64 count; each: uint32 id, int32 model, uint64 width, uint64 height, doubles."""
    (count,), offset = struct.unpack_from("<Q", data), 8
    cameras = {}
    for _ in range(count):
        number, model, width, height = struct.unpack_from("<IiQQ", data, offset)
        name = _NUMBERS.get(model, f"number {model}")
        where = f"{path}, camera {number}"
        _check_model(name, where)
        params = struct.unpack_from(f"<{_NUM_PARAMS[name]}d", data, offset + 24)
        offset += 24 + 8 * len(params)
        cameras[number] = _intrinsics(name, width, height, list(params), where)
    return cameras


def _binary_images(data: bytes, path: Path) -> list[tuple[str, int, np.ndarray]]:
    """uint64 count; each: uint32 id, 7 doubles, uint32 camera, name, NUL, uint64 n, n features."""
    (count,), offset = struct.unpack_from("<Q", data), 8
    rows = []
    for _ in range(count):
        *values, camera = struct.unpack_from("<7dI", data, offset + 4)
        start = offset + 64
        end = data.index(b"\0", start)
        (features,) = struct.unpack_from("<Q", data, end + 1)
        offset = end + 9 + 24 * features
        if offset > len(data):
            raise ColmapError(f"{path} is cut off")
        rows.append((data[start:end].decode("utf-8"), camera, np.array(values)))
    return rows


def _read(path: Path, parse):
    try:
        with open_file(path) as file:
            return parse(file.read(), path)
    except ColmapError:
        raise
    except OSError as error:
        raise ColmapError(f"{path} cannot be read: {error}") from error
    except (ValueError, IndexError, struct.error) as error:
        raise ColmapError(f"{path} is damaged or no such file of COLMAP: {error}") from error

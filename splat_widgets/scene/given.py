"""Cameras that a user gives for the photos: a COLMAP model, a `transforms.json`, or records."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from splat_widgets.files import local_path
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.colmap import read_colmap
from splat_widgets.scene.posed import Intrinsics, plain_stem, rigid
from splat_widgets.scene.transforms import FILE_NAME, read_transforms

CamerasLike = str | os.PathLike[str] | Sequence[Camera]

SQUARE_TOLERANCE = 0.01
"""Focal lengths along x and y may differ by this share; their mean is taken."""

MOST_OFFSET = 1e4
"""Largest distance of the cameras from their world's origin over that between them."""

FOCAL_SIDES = (0.3, 10.0)
"""Shortest and longest focal length over the short side of a photo: views of 118 and 6 degrees.
What lies beyond was given in another unit, or for another picture."""

LENS_TOLERANCE = 1 / 512
"""A lens may move the corner of the picture by this share of its short side: about a pixel."""


@dataclass(frozen=True, eq=False)
class _Posed:
    """One camera of a source."""

    name: str | None  # file name of its photo, without folders
    where: str  # for messages
    intrinsics: Intrinsics
    T_world_camera: np.ndarray  # (4, 4)


def given_cameras(source: CamerasLike, photos: Sequence[Photo]) -> tuple[Camera, ...]:
    """One camera for each photo.

    Args:
        source: the folder of a COLMAP model, a `transforms.json` or its folder, or one camera for
            each photo. Cameras are in pixels of the upright, uncropped photo, at any resolution;
            those of our own scenes (`scene.cameras`) say which crop they are of.
        photos: matched by their file names; by order if the source has no names, or if no photo
            comes from a file.

    Returns:
        Cameras whose poses are float64 and in the source's world and unit of length.

    Raises:
        ValueError: for a source that cannot be read, a photo without camera, another count, a
            distorted lens, pixels that are not square, a pose that is no rigid motion, or a size
            other than the photo's.
        TypeError: for something else than a path or cameras.
    """
    cameras = _read(source)
    chosen = (
        _by_name(cameras, photos) if _has_names(cameras, photos) else _by_order(cameras, photos)
    )
    _check_offset([posed.T_world_camera[:3, 3] for posed in chosen])
    return tuple(_camera(posed, photo) for posed, photo in zip(chosen, photos, strict=True))


def _check_offset(centres: Sequence[np.ndarray]) -> None:
    """Gaussians are float32: from far away, as in map coordinates, they fall on a coarse grid."""
    places = np.stack(centres)
    between = float(np.linalg.norm(places - places[0], axis=1).max())
    away = float(np.linalg.norm(places, axis=1).max())
    if between > 0 and away > MOST_OFFSET * between:
        raise ValueError(
            f"expected cameras near the origin of their world, got centres {away:.3g} units away "
            f"and only {between:.3g} apart; subtract one camera's position from all of them first"
        )


def _read(source: CamerasLike) -> list[_Posed]:
    if isinstance(source, str | os.PathLike):
        path = local_path(source)
        if path.suffix == ".json" or (path / FILE_NAME).is_file():
            frames = read_transforms(path, cameras_only=True)
            return [_Posed(f.image.name, f.name, f.intrinsics, f.T_world_camera) for f in frames]
        if not path.is_dir():
            raise ValueError(
                f"expected the folder of a COLMAP model or a {FILE_NAME}, found neither at {path}"
            )
        return [
            _Posed(PurePosixPath(i.name).name, f"{path}, {i.name}", i.intrinsics, i.T_world_camera)
            for i in read_colmap(path)
        ]
    if isinstance(source, Camera) or not isinstance(source, Sequence):
        raise TypeError(
            f"expected cameras as a path or a list of `sw.Camera`, got {type(source).__name__}"
        )
    return [_record(camera, number) for number, camera in enumerate(source, start=1)]


def _record(camera: object, number: int) -> _Posed:
    if camera is None:
        raise ValueError(
            f"expected a camera for each photo, got None: camera {number} is not known"
        )
    if not isinstance(camera, Camera):
        raise TypeError(
            f"expected `sw.Camera` records, got {type(camera).__name__} as camera {number}"
        )
    camera, where = camera.uncropped(), f"camera {number}"
    values = camera.T_world_camera.detach().cpu().double().numpy()
    pose = rigid(values, f"{where}: T_world_camera")
    focal = (camera.focal_px, camera.focal_px)
    inner = Intrinsics(focal, camera.principal_point_px, camera.width, camera.height)
    return _Posed(None, where, inner, pose)


def _has_names(cameras: Sequence[_Posed], photos: Sequence[Photo]) -> bool:
    """Whether source and photos have file names; arrays and PIL images have no bytes to hash."""
    named = {posed.name for posed in cameras}
    from_files = any(photo.sha256 is not None for photo in photos)
    return None not in named and (from_files or any(photo.name in named for photo in photos))


def _by_order(cameras: Sequence[_Posed], photos: Sequence[Photo]) -> Sequence[_Posed]:
    if len(cameras) != len(photos):
        raise ValueError(
            f"expected one camera for each of the {len(photos)} photos, got {len(cameras)}"
        )
    return cameras


def _by_name(cameras: Sequence[_Posed], photos: Sequence[Photo]) -> list[_Posed]:
    chosen = []
    for photo in photos:
        found = [posed for posed in cameras if posed.name == photo.name]
        if not found:  # photos are often stored again in another format
            stem = Path(photo.name).stem
            found = [posed for posed in cameras if Path(posed.name or "").stem == stem]
        if not found:  # `export_colmap` and `export_nerfstudio` name pictures so
            plain = plain_stem(photo.name)
            found = [posed for posed in cameras if Path(posed.name or "").stem == plain]
        if len(found) != 1:
            names = sorted({posed.name or "" for posed in cameras})
            listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
            raise ValueError(
                f"expected one camera for {photo.name}, found {len(found)} among the "
                f"{len(cameras)} given ones ({listed}); name the photos as there, or pass "
                "`sw.Camera` records in the order of the photos"
            )
        chosen += found
    return chosen


def _camera(posed: _Posed, photo: Photo) -> Camera:
    where = posed.where
    inner = _on_pixels_of(photo, posed.intrinsics, where)
    fx, fy = inner.focal_px
    if abs(fx / fy - 1) > SQUARE_TOLERANCE:
        raise ValueError(
            f"{where}: expected square pixels, got focal lengths {fx:.1f} and {fy:.1f} px; "
            "resize the photos so that they agree"
        )
    shift = _corner_shift(inner)
    if not shift <= LENS_TOLERANCE:
        raise ValueError(
            f"{where}: its lens bends the corners by {100 * shift:.1f} % of the picture, and only "
            "pinholes can be used; undistort the photos, for example with COLMAP's "
            "image_undistorter"
        )
    principal = inner.principal_point_px
    if not all(np.isfinite([*principal])):
        raise ValueError(f"{where}: expected a finite principal point, got {principal}")
    check_focal((fx + fy) / 2, photo, where)
    pose = torch.from_numpy(posed.T_world_camera.copy())
    return Camera(pose, (fx + fy) / 2, principal, inner.width, inner.height)


def _on_pixels_of(photo: Photo, inner: Intrinsics, where: str) -> Intrinsics:
    """The inner geometry in pixels of the photo, of which a smaller or larger copy was meant."""
    width, height = photo.original_size
    if (inner.width, inner.height) == (width, height):
        return inner
    x, y = width / inner.width, height / inner.height
    # Sides of copies are rounded to whole pixels, the smaller ones by up to half of one.
    rounding = 0.5 / min(inner.width, width) + 0.5 / min(inner.height, height)
    if abs(math.log(x / y)) > rounding:
        raise ValueError(
            f"{where}: is for a picture of {inner.width}x{inner.height} px, but {photo.name} has "
            f"{width}x{height} px when upright; give cameras of the upright, uncropped photos"
        )
    (fx, fy), (cx, cy) = inner.focal_px, inner.principal_point_px
    return replace(
        inner,
        focal_px=(fx * x, fy * y),
        principal_point_px=(cx * x, cy * y),
        width=width,
        height=height,
    )


def is_usual_focal(focal_px: float, size: tuple[int, int]) -> bool:
    """Whether a focal length may be that of an upright photo (width, height)."""
    low, high = FOCAL_SIDES
    return low <= focal_px / min(size) <= high


def check_focal(focal_px: float, photo: Photo, where: str) -> None:
    """Refuse a focal length that no lens has.

    Raises:
        ValueError: for one outside `FOCAL_SIDES`.
    """
    if not is_usual_focal(focal_px, photo.original_size):
        width, height = photo.original_size
        low, high = (limit * min(width, height) for limit in FOCAL_SIDES)
        raise ValueError(
            f"{where}: expected a focal length of {low:.0f} to {high:.0f} px for {photo.name}, "
            f"which has {width}x{height} px, got {focal_px:.6g}; give it in pixels of the upright, "
            "uncropped photo (not in mm), or leave it out"
        )


def _corner_shift(inner: Intrinsics) -> float:
    """How far the lens moves a corner of the picture, in short sides; 0 for a pinhole."""
    if not inner.distortion:
        return 0.0
    k1, k2, p1, p2, k3 = inner.distortion
    (fx, fy), (cx, cy) = inner.focal_px, inner.principal_point_px
    x = (np.array([0, inner.width, 0, inner.width]) - cx) / fx
    y = (np.array([0, 0, inner.height, inner.height]) - cy) / fy
    r2 = x * x + y * y
    radial = r2 * (k1 + r2 * (k2 + r2 * k3))
    dx = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    dy = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return float(np.hypot(dx * fx, dy * fy).max() / min(inner.width, inner.height))

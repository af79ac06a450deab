"""Photos of a scene whose cameras are known, as pictures with cameras of their own pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera, PhotoCrop
from splat_widgets.scene.posed import Intrinsics, plain_stem, rigid
from splat_widgets.scene.scene import Scene

Picture = Literal["whole", "crop"]
"""Which picture of a photo is written: all of it at up to 1024 px, or the square of the network."""


@dataclass(frozen=True, eq=False)
class View:
    """One picture and its camera."""

    file_name: str
    picture: Picture
    photo: Photo
    members: tuple[int, ...]  # places of the photo in the scene; a single one stands there twice
    intrinsics: Intrinsics  # in pixels of the picture
    T_world_camera: np.ndarray  # (4, 4) float64, OpenCV axes

    @property
    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        return self.photo.whole if self.picture == "whole" else self.photo.pixels

    @property
    def T_camera_world(self) -> np.ndarray:
        """(4, 4) float64, the inverse of the pose."""
        R, t = self.T_world_camera[:3, :3], self.T_world_camera[:3, 3]
        inverse = np.eye(4)
        inverse[:3, :3], inverse[:3, 3] = R.T, -R.T @ t
        return inverse

    def place_of(self, row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """(N, 2) x, y in the picture of the centres of pixels of the photo's crop."""
        original = self.photo.to_original(row, col)
        picture_row, picture_col = self.photo.from_original(*original, of=self.picture)
        return np.stack([picture_col, picture_row], -1) + 0.5

    def crop_pixel_of(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N,) rows and columns of the photo's crop, whole numbers, of (N, 2) x, y."""
        col, row = places.T - 0.5
        row, col = self.photo.from_original(*self.photo.to_original(row, col, of=self.picture))
        return np.rint(row).astype(np.int64), np.rint(col).astype(np.int64)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 2) x, y in the picture and (N,) depth along the axis of (N, 3) points."""
        T = self.T_camera_world
        camera = points @ T[:3, :3].T + T[:3, 3]
        with np.errstate(divide="ignore", invalid="ignore"):
            rays = camera[:, :2] / camera[:, 2:]
        focal, middle = self.intrinsics.focal_px, self.intrinsics.principal_point_px
        return rays * np.array(focal) + np.array(middle), camera[:, 2]


def views_of(scene: Scene, picture: Picture) -> tuple[View, ...]:
    """The pictures of a scene's photos whose cameras are known, in their order.

    Raises:
        ValueError: for a scene without photos, without a known camera, or whose cameras are not
            those of its photos.
    """
    if picture not in ("whole", "crop"):
        raise ValueError(f"expected picture='whole' or 'crop', got {picture!r}")
    if scene.reconstruction is None:
        raise ValueError(
            "expected a scene with photos and cameras, got Gaussians alone; `sw.reconstruct` makes "
            "one, and a .splatscene keeps all of it"
        )
    found: dict[int, tuple[Photo, Camera, list[int]]] = {}
    for number, (photo, camera) in enumerate(zip(scene.photos, scene.cameras, strict=True)):
        if id(photo) in found:
            found[id(photo)][2].append(number)
        elif camera is not None:
            found[id(photo)] = (photo, camera, [number])
    if not found:
        raise ValueError(
            "expected a scene with a known camera, got none: its points gave no focal length"
        )
    names = _file_names([photo.name for photo, _, _ in found.values()])
    return tuple(
        View(name, picture, photo, tuple(members), *_camera_of(camera, photo, picture))
        for name, (photo, camera, members) in zip(names, found.values(), strict=True)
    )


def _camera_of(camera: Camera, photo: Photo, picture: Picture) -> tuple[Intrinsics, np.ndarray]:
    """The inner geometry for the pixels of a picture, and the pose."""
    width, height = photo.original_size
    whole = camera.uncropped()
    if camera.crop is None and (camera.width, camera.height) == photo.pixels.shape[1::-1]:
        crop = PhotoCrop(*photo.crop, width, height)  # files of older versions do not say it
        whole = Camera(*_parts(camera), crop=crop).uncropped()
    if (whole.width, whole.height) != (width, height):
        raise ValueError(
            f"expected a camera of {photo.name} ({width} x {height} px) or of its crop, got one of "
            f"{camera.width} x {camera.height} px"
        )
    pose = rigid(whole.T_world_camera.detach().cpu().double().numpy(), f"camera of {photo.name}")
    middle = whole.principal_point_px
    if picture == "crop":
        side = photo.pixels.shape[0]
        left, top, crop_side = photo.crop
        factor = side / crop_side
        at = ((middle[0] - left) * factor, (middle[1] - top) * factor)
        return Intrinsics((whole.focal_px * factor,) * 2, at, side, side), pose
    rows, columns = photo.whole.shape[:2]
    x, y = columns / width, rows / height
    focal = (whole.focal_px * x, whole.focal_px * y)
    return Intrinsics(focal, (middle[0] * x, middle[1] * y), columns, rows), pose


def _parts(camera: Camera) -> tuple:
    return (
        camera.T_world_camera,
        camera.focal_px,
        camera.principal_point_px,
        camera.width,
        camera.height,
    )


def _file_names(names: list[str]) -> list[str]:
    """File names of pictures, after the photos' names, each once."""
    found: list[str] = []
    for name in names:
        stem, number = plain_stem(name), 1
        while f"{stem}.png".lower() in (one.lower() for one in found):
            number += 1
            stem = f"{plain_stem(name)}_{number}"
        found.append(f"{stem}.png")
    return found

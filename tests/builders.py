"""Scenes that many tests use: random Gaussians, a known reconstruction, a model that knows it."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import normalize

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.models.predictor import Group, Prediction, Stage
from splat_widgets.photos.photo import Photo, load_photos
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings

SIDE = 20
FOCAL_PX = 23.0


def photo(seed: int, width: int = 90, height: int = 60) -> np.ndarray:
    """(H, W, 3) uint8, smooth and different at every place."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


PHOTOS = (photo(0), photo(1, 60, 90))


def make_gaussians(count: int = 200, degree: int = 3, seed: int = 0) -> Gaussians:
    g = torch.Generator().manual_seed(seed)
    return Gaussians(
        means=torch.randn(count, 3, generator=g) + torch.tensor([0.0, 0, 4]),
        scales=torch.rand(count, 3, generator=g) + 0.01,
        quaternions=normalize(torch.randn(count, 4, generator=g), dim=-1),
        opacities=torch.rand(count, generator=g),
        sh=torch.randn(count, (degree + 1) ** 2, 3, generator=g),
    )


def make_any(count: int, degree: int, seed: int = 0) -> Gaussians:
    """Gaussians of any shape and turn, with colours and harmonics that every format can hold."""
    g = torch.Generator().manual_seed(seed)
    return Gaussians(
        means=torch.randn(count, 3, generator=g),
        scales=torch.exp(torch.randn(count, 3, generator=g) - 3),
        quaternions=normalize(torch.randn(count, 4, generator=g), dim=-1),
        opacities=torch.rand(count, generator=g),
        sh=(0.3 * torch.randn(count, (degree + 1) ** 2, 3, generator=g)).clamp(-0.99, 0.99),
    )


def make_balls(
    means: torch.Tensor,
    scale: float = 0.1,
    opacity: float = 1.0,
    sh: torch.Tensor | None = None,  # (N, K, 3); None for grey
) -> Gaussians:
    """Round Gaussians of one size at (N, 3) centres."""
    count = len(means)
    return Gaussians(
        means=means,
        scales=torch.full((count, 3), scale),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.full((count,), opacity),
        sh=torch.zeros(count, 1, 3) if sh is None else sh,
    )


def _second_camera() -> Camera:
    T = torch.eye(4)
    T[:3, :3] = rotation_matrix(torch.tensor([0.95, 0.05, -0.3, 0.02]))
    T[:3, 3] = torch.tensor([0.9, -0.1, 0.3])
    return Camera.centred(FOCAL_PX, SIDE, SIDE, T)


def make_scene(seed: int = 0, degree: int = 1, points: list[torch.Tensor] | None = None):
    """A reconstruction of random maps on a smooth surface, or on given (H, W, 3) points."""
    g = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    photos = [rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(2)]
    views = load_photos(photos, image_size=SIDE)
    cameras = (Camera.centred(FOCAL_PX, SIDE, SIDE), _second_camera())
    maps = []
    for number in range(2):
        axis = (torch.arange(SIDE) + 0.5 - SIDE / 2) / FOCAL_PX
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        depth = 2 + 0.3 * torch.sin(4 * x + number) + 0.2 * y
        flat = torch.stack([x * depth, y * depth, depth], -1).reshape(-1, 3)
        T = cameras[number].T_world_camera
        surface = (flat @ T[:3, :3].mT + T[:3, 3]).reshape(SIDE, SIDE, 3)
        one = make_gaussians(SIDE * SIDE, degree, seed + 10 + number)
        maps.append(
            PhotoMaps(
                points=surface if points is None else points[number],
                confidence=1 + torch.rand(SIDE, SIDE, generator=g).exp(),
                offsets=torch.randn(SIDE, SIDE, 3, generator=g) * (0.01 if points is None else 0),
                scales=one.scales.reshape(SIDE, SIDE, 3) / 50,
                quaternions=one.quaternions.reshape(SIDE, SIDE, 4),
                opacities=one.opacities.reshape(SIDE, SIDE),
                sh=one.sh.reshape(SIDE, SIDE, -1, 3),
            )
        )
    return Reconstruction.of_maps(
        maps,
        photos=views,
        cameras=cameras,
        pose_inlier_ratios=(None, 1.0),
        timings=Timings((("load", 0.0),), "cpu", "float32", "made up", 0),
    )


class KnownPredictor:
    """A model that takes many photos at once: a wavy wall from cameras `SHIFT` apart.

    Its Gaussians have the photos' own colours.
    """

    FOCAL_PX = 60.0
    SHIFT = (0.3, 0.05, -0.1)  # from each camera to the next

    image_size = 48
    max_photos = None
    provenance = None
    device = torch.device("cpu")
    dtype = torch.float32
    stages = (Stage("look", "Look", 3.0), Stage("fuse", "Fuse", 1.0))

    def __init__(self) -> None:
        self.encoded: list[str] = []  # names of the photos

    def encode(self, photo: Photo, report):
        for step in range(2):
            report("look", step, 2)
        self.encoded.append(photo.name)
        return photo.tensor()

    def predict(self, tokens, pairs, report) -> Prediction:
        report("fuse", 0, 1)
        maps = tuple(self._maps(number, image) for number, image in enumerate(tokens))
        return Prediction((Group(tuple(range(len(tokens))), maps),))

    def _maps(self, number: int, image: torch.Tensor) -> PhotoMaps:
        side = image.shape[-1]
        axis = torch.arange(side) + 0.5 - side / 2
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        depth = 2 + 0.3 * torch.sin(x / 5) * torch.cos(y / 7 + number)
        points = torch.stack([x / self.FOCAL_PX * depth, y / self.FOCAL_PX * depth, depth], -1)
        g = torch.Generator().manual_seed(number)
        return PhotoMaps(
            points=points + number * torch.tensor(self.SHIFT),
            confidence=1 + torch.rand(side, side, generator=g),
            offsets=torch.full_like(points, 1e-4),
            scales=(depth / self.FOCAL_PX / 2)[..., None].expand(points.shape).clone(),
            quaternions=torch.tensor([1.0, 0, 0, 0]).expand(side, side, 4),
            opacities=torch.full((side, side), 0.95),
            sh=rgb_to_dc(image.movedim(0, -1))[..., None, :],
        )

"""Rendered photos on a closed path before a procedural scene, with true cameras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from splat_widgets.training.procedural.layouts import Draws
from splat_widgets.training.procedural.raycast import cast
from splat_widgets.training.procedural.scenes import (
    Optics,
    _pixel_rays,
    _render_views,
    _sample_views,
    look_along,
)

RADIUS_SHARE = (0.08, 0.22)  # of the path, over the median depth of what the first photo shows
_PROBE = 16  # edge in pixels of the probe that finds this depth
_CLEARANCE_METRES = 0.3


@dataclass(frozen=True, eq=False)
class Loop:
    """N photos of one scene."""

    pictures: np.ndarray  # (N, S, S, 3) uint8
    T_world_camera: np.ndarray  # (N, 4, 4)
    focal_sides: float
    depths: Sequence[np.ndarray] = ()  # (S, S) along the optical axis; 0: sky


def render_loop(seed: int, count: int, size: int = 512, *, supersample: int = 3) -> Loop | None:
    """Photos on a circle around the first camera, all looking at one point of the scene.

    Args:
        seed: of the scene.
        count: number of photos.
        size: edge of the pictures in pixels.
        supersample: odd number of colour samples per pixel and axis.

    Returns:
        None if a camera would stand in a solid or too near to one.
    """
    draws = Draws([seed], "cpu")
    scene, poses, focal = _sample_views(draws, Optics().fov_deg)
    base = poses[0, 0]
    R, centre = base[:3, :3], base[:3, 3]
    probe = torch.einsum("ij,gjn->gin", R, _pixel_rays(_PROBE, focal * _PROBE))
    distance = cast(scene.solids, torch.zeros(1, dtype=torch.int64), centre[None], probe).distance
    depth = float(distance.clamp(max=20).median())
    rng = np.random.default_rng(seed)
    radius = depth * rng.uniform(*RADIUS_SHARE)
    angles = 2 * math.pi * (torch.arange(count) + float(rng.uniform())) / count
    around = torch.stack([angles.cos(), 0.5 * angles.sin(), 0.3 * (2 * angles).sin()], -1)
    places = centre + radius * around.to(R) @ R.mT
    target = centre + depth * R[:, 2]
    jitter = torch.from_numpy(rng.normal(size=(count, 3)) * 0.04).to(R)
    T = torch.eye(4).repeat(count, 1, 1)
    aside = (target - places) / (target - places).norm(dim=-1, keepdim=True) + jitter
    T[:, :3, :3] = look_along(aside, torch.from_numpy(rng.normal(size=count) * 0.03).to(R))
    T[:, :3, 3] = places
    free = scene.solids.clearance(places[None]).amin() > _CLEARANCE_METRES
    room = scene.solids.halves[0, 0] - _CLEARANCE_METRES
    if not free or not ((places - scene.solids.centers[0, 0]).abs() < room).all():
        return None
    pictures, depths = [], []
    for pose in T:
        centred = torch.zeros(1, 1, 2)
        image, points, valid = _render_views(
            scene, pose[None, None], focal, centred, size, supersample, True
        )
        pictures.append((image[0, 0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy())
        depth = torch.einsum("chw,c->hw", points[0, 0] - pose[:3, 3, None, None], pose[:3, 2])
        depths.append(torch.where(valid[0, 0], depth, 0).double().numpy())
    return Loop(np.stack(pictures), T.double().numpy(), float(focal[0]), depths)

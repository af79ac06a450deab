"""Baselines that ignore a scene's pictures, or nearly do."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.training.objectives.losses import relative_errors
from splat_widgets.training.procedural.scenes import Pairs, render_pairs

_BLOCK = 32


def training_scenes(num_scenes: int, image_size: int) -> list[Pairs]:
    """The scenes of the first training seeds at a quarter of the size."""
    size = max(8, image_size // 4)
    return [
        render_pairs(range(seed, min(seed + _BLOCK, num_scenes)), size, shadows=False)
        for seed in range(0, num_scenes, _BLOCK)
    ]


def mean_point_map(scenes: Sequence[Pairs], image_size: int) -> Tensor:
    """(2, H, W, 3) mean over scenes of each pixel's point, metres.

    The mean is smooth, so coarse scenes suffice; it is interpolated to `image_size`.
    """
    total, count = 0.0, 0
    for pairs in scenes:
        valid = pairs.valid[..., None]
        total = total + torch.where(valid, pairs.points, 0.0).sum(0)
        count = count + valid.sum(0)
    mean = (total / torch.as_tensor(count).clamp_min(1)).permute(0, 3, 1, 2)
    full = F.interpolate(mean, (image_size, image_size), mode="bilinear", align_corners=False)
    return full.permute(0, 2, 3, 1)


def best_depth(scenes: Sequence[Pairs]) -> float:
    """The depth in metres at which a plane has the least error over all scenes' first photos."""
    candidates = torch.linspace(math.log(1), math.log(15), 28).exp().tolist()
    pick = slice(1, None, 2)  # every other pixel is enough for this choice
    errors = []
    for depth in candidates:
        medians = []
        for block in scenes:
            error = relative_errors(plane(block, depth), block)[:, 0, pick, pick]
            error = error.masked_fill(~block.valid[:, 0, pick, pick], torch.nan)
            medians.append(error.flatten(1).nanmedian(1).values)
        errors.append(float(torch.cat(medians).nanmedian()))
    return candidates[errors.index(min(errors))]


def plane(pairs: Pairs, depth: float) -> Tensor:
    """(B, 2, H, W, 3) points at one depth before the first camera, for both photos.

    The guess knows the true focal length and assumes that the cameras coincide.
    """
    return (depth * _rays(pairs)[:, None]).expand_as(pairs.points)


def nearest_photos(pairs: Pairs) -> tuple[Tensor, Tensor]:
    """For each target view the photo of the pair with the nearest camera.

    Returns:
        (B, T, 3, H, W) photos, and (B, T) their index in the pair.
    """
    targets = _targets(pairs)
    places = targets.T_first_camera[:, :, None, :3, 3] - pairs.T_first_camera[:, None, :, :3, 3]
    which = places.norm(dim=-1).argmin(-1)
    rows = torch.arange(len(pairs), device=which.device)[:, None]
    return pairs.images[rows, which], which


def warped_photos(pairs: Pairs, depth: float) -> Tensor:
    """(B, T, 3, H, W) the nearest photos, moved to the target views as if they showed a plane.

    The plane is at one depth before the target camera; beyond a photo its border is repeated.
    """
    targets = _targets(pairs)
    images, which = nearest_photos(pairs)
    B, T, _, H, W = images.shape
    rows = torch.arange(B, device=which.device)[:, None]
    T_near_target = torch.linalg.inv(pairs.T_first_camera[rows, which]) @ targets.T_first_camera
    points = depth * _rays(pairs)[:, None]  # (B, 1, H, W, 3) in the target's frame
    points = torch.einsum(
        "btij,bthwj->bthwi", T_near_target[..., :3, :3], points.expand(B, T, H, W, 3)
    )
    points = points + T_near_target[..., None, None, :3, 3]
    place = points[..., :2] / points[..., 2:].clamp_min(1e-3)
    place = place * pairs.focal_px[:, None, None, None, None] / place.new_tensor([W / 2, H / 2])
    warped = F.grid_sample(
        images.flatten(0, 1), place.flatten(0, 1), padding_mode="border", align_corners=False
    )
    return warped.unflatten(0, (B, T))


def _rays(pairs: Pairs) -> Tensor:
    """(B, H, W, 3) directions with z = 1 through the pixels' centres."""
    H, W = pairs.valid.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(H) + 0.5 - H / 2, torch.arange(W) + 0.5 - W / 2, indexing="ij"
    )
    rays = torch.stack([x, y, torch.zeros_like(x)], -1).to(pairs.points)
    rays = rays / pairs.focal_px[:, None, None, None]
    return rays + rays.new_tensor([0, 0, 1.0])


def _targets(pairs: Pairs):
    if pairs.targets is None:
        raise ValueError("expected pairs with target views; render them with `targets=1` or more")
    return pairs.targets

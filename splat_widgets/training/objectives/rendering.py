"""The rendering loss: Gaussians rendered from held-out cameras, compared with the true pictures.

Splatt3R (Smart et al. 2024, section 3.3) trains its Gaussian heads in this way: it renders the
pair's Gaussians from target views and compares them where a photo of the pair sees the surface too;
elsewhere the pair holds no information. We differ in three ways. First, one factor brings the
Gaussians to the scene's scale: Splatt3R's metric points come from MASt3R and are close, but a small
network guesses the metre badly. Second, the perceptual term is a distance of normalised Laplacian
pyramids; LPIPS would need a download of weights. Third, a bound keeps Gaussians in reach: the
picture gives no gradient to a Gaussian that has left it or covers all of it, and in the end its
exponentials overflow.
"""

from __future__ import annotations

import torch
from torch import Tensor

from splat_widgets.models.splatt3r.network import PairMaps
from splat_widgets.rendering import render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.maps import gaussians_of
from splat_widgets.training.objectives.losses import best_scales
from splat_widgets.training.objectives.perceptual import perceptual_distance
from splat_widgets.training.procedural.scenes import Pairs, seen_by_context

MIN_SEEN = 0.05
"""Target views are left out if the pair sees less of them than this share."""
LARGEST_SCALE_PX = 8.0
"""Standard deviation over the size of a pixel at the point's distance; larger ones cost."""
LARGEST_OFFSET = 0.3
"""Offset over the point's distance; larger ones cost."""


def rendering_losses(maps: PairMaps, pairs: Pairs) -> dict[str, Tensor]:
    """Colour and perceptual distance of the rendered from the true target views.

    Args:
        maps: of the pairs' two photos.
        pairs: with targets.

    Returns:
        Scalars "color", the mean squared error over pixels seen by the pair, "perceptual", and
        "excess", see `excess`.

    Raises:
        ValueError: for pairs without targets.
    """
    mask = seen_by_context(pairs)  # (B, T, H, W)
    targets = pairs.targets
    if targets is None:
        raise ValueError("expected pairs with target views; render them with `targets=1` or more")
    pictures = render_targets(maps, pairs)
    share = mask.flatten(2).float().mean(2)  # (B, T)
    counts = (share >= MIN_SEEN).float()
    mask = mask & (counts > 0)[..., None, None]
    squared = (pictures - targets.images).square().mean(2)
    # Where every splat has faded nothing can be differentiated, but the step must not fail.
    color = 0.0 * (maps.first.opacities.sum() + maps.second.opacities.sum())
    color = color + torch.where(mask, squared, 0.0).sum() / mask.sum().clamp_min(1)
    distance = perceptual_distance(
        pictures.flatten(0, 1), targets.images.flatten(0, 1), mask=mask.flatten(0, 1)
    )
    perceptual = (distance * counts.flatten()).sum() / counts.sum().clamp_min(1)
    return {"color": color, "perceptual": perceptual, "excess": excess(maps, pairs)}


def excess(maps: PairMaps, pairs: Pairs) -> Tensor:
    """Mean squared logarithm of how far scales and offsets are beyond their bounds, a scalar.

    The bounds are relative to the predicted point's distance from the first camera, so that a wrong
    guess of the metre costs nothing here.
    """
    focal_px = pairs.focal_px[:, None, None]
    total = maps.first.scales.new_zeros(())
    for view in (maps.first, maps.second):
        distance = view.points.detach().norm(dim=-1).clamp_min(0.1)  # (B, H, W)
        scale = view.scales.log() - (LARGEST_SCALE_PX * distance / focal_px).log()[..., None]
        offset = view.offsets.norm(dim=-1).clamp_min(1e-6).log() - (LARGEST_OFFSET * distance).log()
        total = total + scale.clamp_min(0).square().mean() + offset.clamp_min(0).square().mean()
    return total / 2


def render_targets(maps: PairMaps, pairs: Pairs) -> Tensor:
    """(B, T, 3, H, W) the pairs' Gaussians, at the scene's scale, from its target cameras.

    It is differentiable with respect to the maps, except for the scale factor.
    """
    if pairs.targets is None:
        raise ValueError("expected pairs with target views; render them with `targets=1` or more")
    scales = best_scales(maps.points.detach(), pairs).clamp(0.2, 5)
    height, width = pairs.targets.images.shape[-2:]
    rows = []
    for item, focal_px in enumerate(pairs.focal_px.tolist()):
        gaussians = gaussians_of(maps.unbatched(item), scales[item])
        for pose in pairs.targets.T_first_camera[item]:
            camera = Camera.centred(focal_px, width, height, pose)
            rows.append(render(gaussians, camera).color.movedim(-1, 0))
    return torch.stack(rows).unflatten(0, (len(pairs), -1))

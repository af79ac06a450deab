"""The losses on points, Gaussians and correspondences.

Points: the confidence-weighted regression of DUSt3R and MASt3R (Wang et al. 2024, eq. 4; Leroy et
al. 2024, section 3.1), in metres and therefore without dividing by the scene's size. We differ in
two ways. First, the distance r of a point from the first camera is replaced by log(1 + r), the
space in which the head regresses before its exponential. A near table then weighs about as much as
a far house, too far costs as much as too near, and gradients stay small. Second, half of the error
is computed after the best scale of the scene, so that a wrong guess of the metre does not hide the
shape.

Gaussians: closed-form targets, without rendering. A pixel's splat is a sphere that covers its
pixel; it is opaque where there is something to see.

Correspondence: two auxiliary losses make the trunk compare the photos, because depth alone can be
guessed from one. A third makes the encoder state where in the photo a patch is, which rotary
positions alone do not reveal. One linear layer reads coarse points off the tokens; they bring the
geometry into the trunk before the convolutional heads do. The heads of these losses are not part of
the network that is exported.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.models.splatt3r.network import PairMaps
from splat_widgets.training.procedural.scenes import Pairs, in_camera

CONFIDENCE_ALPHA = 0.5
"""The best confidence is this over the error. DUSt3R's 0.2 suits long trainings: early errors then
ask for confidences below 1, which do not exist, and the confidence stops learning."""
FOOTPRINT = 0.55
"""Standard deviation of a splat over the spacing of the pixels at its depth."""

_NEAREST_METRES = 0.3


def relative_errors(points: Tensor, pairs: Pairs) -> Tensor:
    """(B, 2, H, W) distance of predicted (B, 2, H, W, 3) points from the true ones, over the
    distance of the true point from its own camera."""  # noqa: D205, D209
    own = in_camera(pairs.points, pairs.T_first_camera).norm(dim=-1)
    return (points - pairs.points).norm(dim=-1) / own.clamp_min(_NEAREST_METRES)


def best_scales(points: Tensor, pairs: Pairs) -> Tensor:
    """(B,) the factor that brings each pair's predicted points to the scale of the true ones.

    It is the median over both photos' valid pixels of the ratio of distances from the first camera.
    """
    ratio = pairs.points.norm(dim=-1) / points.norm(dim=-1).clamp_min(1e-6)
    ratio = ratio.masked_fill(~pairs.valid, torch.nan).flatten(1)
    return ratio.nanmedian(1).values.nan_to_num(1.0)


def compressed(points: Tensor) -> Tensor:
    """Points (..., 3) with their distance r from the origin replaced by log(1 + r)."""
    distance = points.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    return points * (torch.log1p(distance) / distance)


def point_loss(points: Tensor, confidence: Tensor, pairs: Pairs) -> Tensor:
    """Confidence-weighted error of both photos' points, a scalar.

    Args:
        points: (B, 2, H, W, 3) metres, frame of the first camera.
        confidence: (B, 2, H, W) > 1.
        pairs: the truth.
    """
    # Bounded, because the first guesses of a new network may be anywhere.
    scales = best_scales(points.detach(), pairs).clamp(0.25, 4)[:, None, None, None, None]
    truth = compressed(pairs.points)
    error = 0.5 * (compressed(points) - truth).norm(dim=-1)
    error = error + 0.5 * (compressed(points * scales) - truth).norm(dim=-1)
    weighted = confidence * error - CONFIDENCE_ALPHA * confidence.log()
    return _mean(weighted, pairs.valid)


def coarse_loss(predicted: Tensor, points: Tensor, pairs: Pairs) -> Tensor:
    """Error of points at every few pixels, a scalar.

    Args:
        predicted: (B, 2, h, w, 3) as `compressed` gives them, at the middles of H / h pixels.
        points: (B, 2, H, W, 3) the truth, in the frame of the prediction.
        pairs: for its validity.
    """
    stride = points.shape[2] // predicted.shape[2]
    pick = slice(stride // 2, None, stride)
    error = (predicted - compressed(points[:, :, pick, pick])).norm(dim=-1)
    return _mean(error, pairs.valid[:, :, pick, pick])


def gaussian_loss(maps: PairMaps, pairs: Pairs) -> Tensor:
    """Distance of scales and opacities from their closed-form targets, a scalar."""
    points = maps.points.detach()
    scales = torch.stack([maps.first.scales, maps.second.scales], 1)
    opacities = torch.stack([maps.first.opacities, maps.second.opacities], 1)
    depth = in_camera(points, pairs.T_first_camera)[..., 2].clamp_min(0.05)
    target = FOOTPRINT * depth / pairs.focal_px[:, None, None, None]
    off = (scales.log() - target.log()[..., None]).abs().mean(-1)
    seen = F.binary_cross_entropy(opacities.clamp(1e-5, 1 - 1e-5), pairs.valid.float())
    return _mean(off, pairs.valid) + seen


def correspondences(pairs: Pairs, stride: int) -> tuple[Tensor, Tensor]:
    """Where the other photo sees the point behind every `stride`-th pixel.

    Returns:
        (B, 2, h, w, 2) x, y in pixels of the other photo, and (B, 2, h, w) whether it is inside the
        other picture and not hidden.
    """
    H, W = pairs.valid.shape[-2:]
    pick = slice(stride // 2, None, stride)
    points, valid = pairs.points[:, :, pick, pick], pairs.valid[:, :, pick, pick]
    local = in_camera(points, pairs.T_first_camera.flip(1))
    z = local[..., 2].clamp_min(1e-3)
    focal = pairs.focal_px[:, None, None, None]
    middle = pairs.principal_px.flip(1)[..., None, None]  # (B, 2, 2, 1, 1) of the other photo
    x = focal * local[..., 0] / z + middle[:, :, 0]
    y = focal * local[..., 1] / z + middle[:, :, 1]
    inside = (x >= 0) & (x < W) & (y >= 0) & (y < H) & (local[..., 2] > 0.05)
    index = (y.clamp(0, H - 1).long() * W + x.clamp(0, W - 1).long()).flatten(2)
    surface = pairs.depth.flip(1).flatten(2).gather(2, index).unflatten(2, z.shape[2:])
    seen = inside & valid & ((surface - z).abs() < 0.05 * z)
    return torch.stack([x, y], -1), seen


def flow_loss(flow: Tensor, pairs: Pairs) -> Tensor:
    """Error of predicted correspondences, in patches, robust; a scalar.

    Args:
        flow: (B, 2, h, w, 2) displacement to the other photo in patches, at the pixels of
            `correspondences` for the stride H / h.
        pairs: the truth.
    """
    H = pairs.valid.shape[-1]
    stride = H // flow.shape[2]
    target, seen = correspondences(pairs, stride)
    step = torch.arange(flow.shape[2], device=flow.device) * stride + stride // 2 + 0.5
    y, x = torch.meshgrid(step, step, indexing="ij")
    wanted = (target - torch.stack([x, y], -1)) / PATCH_SIZE
    return _mean((flow - wanted).norm(dim=-1), seen)


def matching_loss(first: Tensor, second: Tensor, pairs: Pairs) -> Tensor:
    """Cross-entropy of finding each patch of a photo among those of the other (InfoNCE), a scalar.

    A patch whose centre falls between patches of the other photo belongs to the four neighbours
    with bilinear weights.

    Args:
        first: (B, N, D) a description of each patch of the first photo, any length.
        second: (B, N, D) of the second photo.
        pairs: the truth.
    """
    target, seen = correspondences(pairs, PATCH_SIZE)
    side = target.shape[2]
    similarity = torch.einsum(
        "bnd,bmd->bnm", F.normalize(first, dim=-1), F.normalize(second, dim=-1)
    )
    logits = torch.stack([similarity, similarity.mT], 1) / 0.07  # (B, 2, N, N)
    centre = target.flatten(2, 3) / PATCH_SIZE - 0.5
    cells = torch.arange(side, device=first.device)
    near_x = (1 - (centre[..., 0, None] - cells).abs()).clamp_min(0)  # (B, 2, N, side)
    near_y = (1 - (centre[..., 1, None] - cells).abs()).clamp_min(0)
    wanted = (near_y[..., :, None] * near_x[..., None, :]).flatten(-2)  # (B, 2, N, N)
    wanted = wanted / wanted.sum(-1, keepdim=True).clamp_min(1e-6)
    entropy = -(wanted * logits.log_softmax(-1)).sum(-1)
    return _mean(entropy, seen.flatten(2))


def place_loss(predicted: Tensor, grid: tuple[int, int]) -> Tensor:
    """Error of each patch's guess of its own place, a scalar.

    Args:
        predicted: (B, N, 2) row and column, from -1 to 1 over the picture.
        grid: (rows, columns) of the patches, N = rows · columns.
    """
    lines = [torch.linspace(-1, 1, count, device=predicted.device) for count in grid]
    truth = torch.stack(torch.meshgrid(*lines, indexing="ij"), -1).flatten(0, 1)
    return (predicted - truth).norm(dim=-1).mean()


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return torch.where(where, values, 0.0).sum() / where.sum().clamp_min(1)

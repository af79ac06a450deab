"""Gaussians to a picture, in plain torch, on any device, with gradients.

EWA splatting (Zwicker et al. 2001) as 3D Gaussian Splatting does it (Kerbl et al. 2023, section 4
and appendix C): the covariance is projected with the local affine approximation of the camera, an
isotropic 0.3 px² is added to it, opacity is left as it is, and the splats are blended front to
back in the order of their depth.

Most splats of a per-pixel reconstruction are about a pixel wide, so tiles of pixels against lists
of splats would mostly multiply by zero. Here every splat is expanded to exactly the pixels where
it counts ("fragments"), row by row of its ellipse; a stable sort by pixel then leaves each pixel's
fragments together and in depth order, and a running sum of log(1 - alpha) gives what each lets
through. Batches of splats, nearest first, bound the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import log, log10

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from splat_widgets.conventions import sh_coefficients
from splat_widgets.gaussians import Gaussians
from splat_widgets.geometry.cameras import Camera
from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.geometry.rotations import rotation_matrix

NEAR_PLANE = 0.01
"""Splats whose centre is nearer than this (scene units along the axis) are left out."""
LOW_PASS_PX2 = 0.3
"""Variance added to every splat's footprint, in square pixels."""
MAX_ALPHA = 0.99
MIN_ALPHA = 1 / 255
"""Contributions below this are left out, so a splat ends on an ellipse."""
FIELD_OF_VIEW_MARGIN = 0.3
"""The affine approximation is taken at most this far (times half the field of view) outside."""
SATURATED = 1e-4
"""Rendering ends when no pixel lets through more than this."""
BATCH_FRAGMENTS = 2**18
"""Fragments held at once: arrays of this size stay in a CPU's cache."""


@dataclass(frozen=True)
class Rendering:
    """What a camera sees of Gaussians."""

    color: Tensor  # (H, W, 3) display RGB over the background, not clamped from above
    depth: Tensor  # (H, W) mean depth along the optical axis, weighted by alpha; 0 where alpha is 0
    alpha: Tensor  # (H, W) coverage in [0, 1]


def render(
    gaussians: Gaussians,
    camera: Camera,
    *,
    background: Sequence[float] | Tensor = (0.0, 0.0, 0.0),
    sh_degree: int | None = None,
) -> Rendering:
    """The picture of Gaussians from a camera.

    Differentiable with respect to every field of the Gaussians and the pose of the camera; with
    gradients each batch is computed a second time in the backward pass instead of being kept.
    Gaussians with values that are not finite are left out.

    Args:
        gaussians: on any device; float32 or float64 decides the precision.
        camera: where from, and how many pixels.
        background: display RGB behind everything.
        sh_degree: use only the spherical harmonics up to this degree; all by default.

    Raises:
        ValueError: for a degree that the Gaussians do not have or a background that is no colour.
    """
    if gaussians.means.dtype not in (torch.float32, torch.float64):
        gaussians = gaussians.to(dtype=torch.float32)
    if sh_degree is not None and not 0 <= sh_degree <= gaussians.sh_degree:
        raise ValueError(f"expected an SH degree from 0 to {gaussians.sh_degree}, got {sh_degree}")
    behind = torch.as_tensor(background).to(gaussians.means)
    if behind.shape != (3,):
        raise ValueError(f"expected a background of 3 numbers, got {tuple(behind.shape)}")

    splats = _project(gaussians, camera, gaussians.sh_degree if sh_degree is None else sh_degree)
    num_pixels = camera.height * camera.width
    sums = gaussians.means.new_zeros(num_pixels, 5)  # r, g, b, depth, alpha
    through = gaussians.means.new_ones(num_pixels)
    keep_graph = torch.is_grad_enabled() and splats.requires_grad
    for batch in _batches(splats, BATCH_FRAGMENTS):
        if through.max() < SATURATED:
            break
        if keep_graph:
            place, added, passed = checkpoint(_composite, batch, camera.width, use_reentrant=False)
            here = through[place]
            sums = sums.index_add(0, place, here[:, None] * added)
            through = through.index_copy(0, place, here * passed)
        else:
            place, added, passed = _composite(batch, camera.width)
            here = through[place]
            sums.index_add_(0, place, here[:, None] * added)
            through[place] = here * passed
    color = sums[:, :3] + (1 - sums[:, 4:]) * behind
    alpha = sums[:, 4]
    depth = sums[:, 3] / torch.where(alpha > 0, alpha, 1)
    shape = (camera.height, camera.width)
    return Rendering(color.reshape(*shape, 3), depth.reshape(shape), alpha.reshape(shape))


def psnr(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of two pictures in [0, 1]; infinite if they are equal.

    Args:
        a: (H, W, 3).
        b: (H, W, 3).
        mask: (H, W) booleans, the pixels that count; all by default.

    Raises:
        ValueError: for different shapes or a mask that selects nothing.
    """
    if a.shape != b.shape:
        raise ValueError(
            f"expected pictures of one shape, got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    squared = (a.double() - b.to(a.device).double()).square()
    if mask is not None:
        squared = squared[mask.to(a.device)]
    if not squared.numel():
        raise ValueError("expected at least one pixel to compare, the mask selects none")
    error = float(squared.mean())
    return float("inf") if error == 0 else -10 * log10(error)


def to_uint8(color: Tensor) -> np.ndarray:
    """(H, W, 3) display RGB in [0, 1] as 8-bit numbers; clamped, rounded."""
    return (color.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


@dataclass(frozen=True)
class _Splats:
    """M projected Gaussians, nearest first.

    The exponent is completed to a square along x, so that it is never negative by rounding:
    ½ (dx, dy) Σ⁻¹ (dx, dy)ᵀ = falloff_y · dy² + falloff_x · (dx - slope · dy)².
    """

    center_x: Tensor  # (M,) px
    center_y: Tensor  # (M,) px
    slope: Tensor  # (M,) σ_xy / σ_yy: shift of the ellipse's middle from row to row
    falloff_x: Tensor  # (M,) σ_yy / (2 det Σ), 1 / px²
    falloff_y: Tensor  # (M,) 1 / (2 σ_yy), 1 / px²
    log_opacity: Tensor  # (M,)
    values: Tensor  # (M, 5) r, g, b, depth, 1: what is summed
    rows: Tensor  # (M, 2) int32, first row and one past the last
    area: Tensor  # (M,) int64, pixels of the bounding box: at least the number of fragments

    def __getitem__(self, part: slice | Tensor) -> _Splats:
        return _Splats(*(getattr(self, field.name)[part] for field in fields(self)))

    @property
    def requires_grad(self) -> bool:
        return any(getattr(self, field.name).requires_grad for field in fields(self))


def _project(gaussians: Gaussians, camera: Camera, sh_degree: int) -> _Splats:
    """The Gaussians that touch the picture, as the camera sees them."""
    means_camera = camera.to_camera(gaussians.means)  # (N, 3)
    seen = (means_camera[:, 2] > NEAR_PLANE) & (gaussians.opacities >= MIN_ALPHA)
    for field in fields(gaussians):
        value = getattr(gaussians, field.name).detach()
        seen &= value.isfinite() if value.ndim == 1 else value.flatten(1).isfinite().all(1)
    seen = seen.nonzero(as_tuple=True)[0]
    gaussians, means_camera = gaussians.select(seen), means_camera[seen]

    x, y, z = means_camera.unbind(-1)
    cx, cy = camera.principal_point_px
    center_x, center_y = camera.focal_px * x / z + cx, camera.focal_px * y / z + cy
    variance_x, variance_y, covariance_xy, determinant = _footprint(gaussians, camera, means_camera)

    # opacity · exp(-d² / 2) >= MIN_ALPHA where d² <= reach.
    log_opacity = gaussians.opacities.log()
    reach = 2 * (log_opacity.detach() - log(MIN_ALPHA)).clamp_min(0)
    columns = _pixels_within(center_x, (reach * variance_x).sqrt(), camera.width)
    rows = _pixels_within(center_y, (reach * variance_y).sqrt(), camera.height)

    directions = gaussians.means - camera.center_world.to(gaussians.means)
    color = evaluate(gaussians.sh[:, : sh_coefficients(sh_degree)], directions).clamp_min(0)
    splats = _Splats(
        center_x=center_x,
        center_y=center_y,
        slope=covariance_xy / variance_y,
        falloff_x=variance_y / (2 * determinant),
        falloff_y=1 / (2 * variance_y),
        log_opacity=log_opacity,
        values=torch.cat([color, z[:, None], torch.ones_like(z)[:, None]], -1),
        rows=rows,
        area=(columns[:, 1] - columns[:, 0]).long() * (rows[:, 1] - rows[:, 0]),
    )
    touching = (splats.area > 0).nonzero(as_tuple=True)[0]
    return splats[touching[torch.sort(z.detach()[touching], stable=True).indices]]


def _footprint(
    gaussians: Gaussians, camera: Camera, means_camera: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Covariance of each Gaussian's picture: σ_xx, σ_yy, σ_xy and the determinant, px.

    Σ = J W R S (J W R S)ᵀ + low pass, with J, the derivative of the projection, taken at the
    direction to the mean, clamped to a little outside the picture: farther out, the affine
    approximation gives enormous splats.
    """
    x, y, z = means_camera.unbind(-1)
    (cx, cy), focal = camera.principal_point_px, camera.focal_px
    margin_x = FIELD_OF_VIEW_MARGIN * camera.width / 2
    margin_y = FIELD_OF_VIEW_MARGIN * camera.height / 2
    tan_x = (x / z).clamp((-cx - margin_x) / focal, (camera.width - cx + margin_x) / focal)
    tan_y = (y / z).clamp((-cy - margin_y) / focal, (camera.height - cy + margin_y) / focal)

    rotation = camera.T_camera_world[:3, :3].to(means_camera)
    axes = rotation @ rotation_matrix(gaussians.quaternions) * gaussians.scales[:, None, :]
    along_x = (focal / z)[:, None] * (axes[:, 0] - tan_x[:, None] * axes[:, 2])  # (N, 3)
    along_y = (focal / z)[:, None] * (axes[:, 1] - tan_y[:, None] * axes[:, 2])
    xx, yy = along_x.square().sum(-1), along_y.square().sum(-1)
    xy = (along_x * along_y).sum(-1)
    # The Gram determinant: xx · yy - xy² would lose every digit for a thin splat.
    gram = torch.linalg.cross(along_x, along_y).square().sum(-1)
    low = LOW_PASS_PX2
    return xx + low, yy + low, xy, gram + low * (xx + yy) + low * low


def _pixels_within(center: Tensor, radius: Tensor, size: int) -> Tensor:
    """(..., 2) int32: first pixel whose centre is within, one past the last; clipped to size."""
    with torch.no_grad():
        first = (center - radius - 0.5).ceil().clamp(0, size)
        end = (center + radius + 0.5).floor().clamp(0, size)
        return torch.stack([first, torch.maximum(first, end)], -1).int()


def _batches(splats: _Splats, size: int) -> list[_Splats]:
    """Consecutive splats with at most `size` fragments together, unless a single one has more."""
    before = splats.area.cumsum(0).cpu().numpy()
    counts, start = [], 0
    while start < len(before):
        done = before[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(before, done + size, side="right")))
        counts.append(end - start)
        start = end
    if not counts:
        return []
    parts = [getattr(splats, field.name).split(counts) for field in fields(splats)]
    return [_Splats(*batch) for batch in zip(*parts, strict=True)]


def _composite(splats: _Splats, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Blend a batch of splats.

    Args:
        splats: M of them, nearest first.
        width: of the picture, pixels.

    Returns:
        (S,) int64 row-major indices of the pixels that the batch touches, (S, 5) sums of the
        splats' values there, weighted by what each contributes, and (S,) what passes them all.
    """
    pixel, splat, alpha = _fragments(splats, width)
    pixel, order = torch.sort(pixel, stable=True)
    splat, alpha = splat.index_select(0, order), alpha.index_select(0, order)

    is_first = torch.ones_like(pixel, dtype=torch.bool)
    torch.ne(pixel[1:], pixel[:-1], out=is_first[1:])
    first = is_first.nonzero(as_tuple=True)[0]  # (S,) where each pixel's fragments begin
    last = F.pad(first, (0, 1), value=len(pixel))[1:] - 1
    log_pass = torch.log1p(-alpha)
    # In double precision: the running sum goes over all pixels of the batch.
    total = log_pass.cumsum(0, dtype=torch.float64)
    start = total[first] - log_pass[first]
    starts = start.repeat_interleave(last - first + 1, output_size=len(pixel))
    weight = alpha * (total - log_pass - starts).to(alpha).exp()
    added = F.embedding_bag(  # a product with a sparse matrix of weights, pixels by splats
        splat, splats.values, first.to(splat), mode="sum", per_sample_weights=weight
    )
    return pixel[first].long(), added, (total[last] - start).exp().to(alpha)


def _fragments(splats: _Splats, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every pixel of every splat's ellipse, splat after splat.

    Returns:
        pixel (F,) int32 index in row-major order, splat (F,) int32, alpha (F,).
    """
    splat, nth_row = _expand(splats.rows[:, 1] - splats.rows[:, 0])  # (R,) rows of ellipses
    row = splats.rows[:, 0].index_select(0, splat) + nth_row
    dy = row + 0.5 - splats.center_y.index_select(0, splat)
    middle = splats.center_x.index_select(0, splat) + splats.slope.index_select(0, splat) * dy
    falloff_y = splats.falloff_y.index_select(0, splat)
    falloff_x = splats.falloff_x.index_select(0, splat)
    peak = splats.log_opacity.index_select(0, splat) - falloff_y * dy.square()  # log alpha
    with torch.no_grad():
        half_width = ((peak - log(MIN_ALPHA)).clamp_min(0) / falloff_x).sqrt()
    columns = _pixels_within(middle, half_width, width)

    index, nth = _expand(columns[:, 1] - columns[:, 0])  # (F,) pixels of these rows
    pixel = (row * width + columns[:, 0]).index_select(0, index) + nth
    dx = (columns[:, 0] + 0.5 - middle).index_select(0, index) + nth
    log_alpha = peak.index_select(0, index) - falloff_x.index_select(0, index) * dx.square()
    return pixel, splat.index_select(0, index), log_alpha.exp().clamp_max(MAX_ALPHA)


def _expand(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For items with (M,) counts: item and number within the item of each part, int32."""
    total = int(counts.sum())
    item = torch.repeat_interleave(counts, output_size=total)
    start = counts.cumsum(0, dtype=torch.int32) - counts
    number = torch.arange(total, dtype=torch.int32, device=counts.device)
    return item, number - start.index_select(0, item)

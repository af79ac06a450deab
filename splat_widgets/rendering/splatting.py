"""Gaussians to a picture, in plain torch, on any device, with gradients.

The splats of `projection` are blended front to back (Kerbl et al. 2023, eq. 3). Most splats of a
per-pixel reconstruction are about a pixel wide, so tiles of pixels against lists of splats would
mostly multiply by zero. Here every splat is expanded to exactly the pixels where it counts
("fragments"), row by row of its ellipse; a stable sort by pixel then leaves each pixel's fragments
together and in depth order, and a running sum of log(1 - alpha) gives the transmittance.
Batches of splats, nearest first, bound the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import log

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from splat_widgets.rendering import gsplat_backend
from splat_widgets.rendering.progress import patiently
from splat_widgets.rendering.projection import MIN_ALPHA, Splats, pixels_within, project
from splat_widgets.rendering.records import Rendering
from splat_widgets.rendering.viewpoint import CameraLike, Size, viewpoint
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike

MAX_ALPHA = 0.99
SATURATED = 1e-4
"""Rendering ends when no pixel lets through more than this."""
BATCH_FRAGMENTS = 2**18
"""Fragments held at once: arrays of this size stay in a CPU's cache."""


def render(
    scene: SceneLike,
    camera: CameraLike = None,
    *,
    size: Size | None = None,
    background: Sequence[float] | Tensor = (0.0, 0.0, 0.0),
    sh_degree: int | None = None,
) -> Rendering:
    """The picture of a scene from a camera.

    Differentiable with respect to every field of the Gaussians and the pose of the camera; with
    gradients each batch is computed a second time in the backward pass instead of being kept.
    Gaussians with values that are not finite are left out. On a CUDA device gsplat renders float32
    if it is installed and works, see `rendering.gsplat_backend`. A picture that takes more than
    two seconds shows a bar with an estimate; interrupting the kernel stops it.

    Args:
        scene: what `Scene.of` takes; on any device; float32 or float64 decides the precision.
        camera: a `Camera`; a (4, 4) `T_world_camera` with OpenCV axes, which takes focal length and
            size of the scene's first camera; None: the first camera, or where the viewer first
            looks from.
        size: longer side of the picture, or (width, height), in pixels; None: the camera's. The
            focal length is scaled with the shorter side.
        background: display RGB in [0, 1] behind everything.
        sh_degree: use only the spherical harmonics up to this degree; all by default.

    Raises:
        TypeError: if it is not a scene, or not a camera.
        ValueError: for a pose or size that cannot be, a degree that the Gaussians do not have, or
            a background that is not three numbers.
    """
    known = Scene.of(scene)
    gaussians, camera = known.gaussians, viewpoint(known, camera, size)
    if gaussians.means.dtype not in (torch.float32, torch.float64):
        gaussians = gaussians.to(dtype=torch.float32)
    if sh_degree is not None and not 0 <= sh_degree <= gaussians.sh_degree:
        raise ValueError(f"expected an SH degree from 0 to {gaussians.sh_degree}, got {sh_degree}")
    behind = torch.as_tensor(background, dtype=gaussians.means.dtype, device=gaussians.device)
    if behind.shape != (3,):
        raise ValueError(f"expected a background of 3 numbers, got {tuple(behind.shape)}")

    degree = gaussians.sh_degree if sh_degree is None else sh_degree
    if gsplat_backend.available(gaussians):
        color, depth, alpha = gsplat_backend.rasterise(gaussians, camera, degree)
    else:
        color, depth, alpha = _rasterise(gaussians, camera, degree)
    return Rendering(color + (1 - alpha[..., None]) * behind, depth, alpha)


def _rasterise(
    gaussians: Gaussians, camera: Camera, sh_degree: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Colour over black (H, W, 3), mean depth (H, W) and alpha (H, W)."""
    splats = project(gaussians, camera, sh_degree)
    num_pixels = camera.height * camera.width
    sums = gaussians.means.new_zeros(num_pixels, 5)  # r, g, b, depth, alpha
    through = gaussians.means.new_ones(num_pixels)
    keep_graph = torch.is_grad_enabled() and splats.requires_grad
    batches = _batches(splats, BATCH_FRAGMENTS)
    for batch in batches if keep_graph else patiently(batches, "render"):
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
    sums = sums.unflatten(0, (camera.height, camera.width))
    alpha = sums[..., 4]
    return sums[..., :3], sums[..., 3] / torch.where(alpha > 0, alpha, 1), alpha


def _batches(splats: Splats, size: int) -> list[Splats]:
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
    return [Splats(*batch) for batch in zip(*parts, strict=True)]


def _composite(splats: Splats, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Blend a batch of splats.

    Args:
        splats: M of them, nearest first.
        width: of the picture, pixels.

    Returns:
        (S,) int64 row-major indices of the pixels that the batch touches, (S, 5) sums of the
        splats' values there, weighted by what each contributes, and (S,) transmittance of all.
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


def _fragments(splats: Splats, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every pixel of every splat's ellipse, splat after splat.

    Returns:
        pixel (F,) int32 index in row-major order, splat (F,) int32, alpha (F,).
    """
    splat, nth_row = _expand(splats.rows[:, 1] - splats.rows[:, 0])  # (R,) rows of ellipses
    row = splats.rows[:, 0].index_select(0, splat) + nth_row
    # Whole numbers plus 0.5 would have the type that the user set as torch's default.
    dy = row.to(splats.values) + 0.5 - splats.center_y.index_select(0, splat)
    middle = splats.center_x.index_select(0, splat) + splats.slope.index_select(0, splat) * dy
    falloff_y = splats.falloff_y.index_select(0, splat)
    falloff_x = splats.falloff_x.index_select(0, splat)
    peak = splats.log_opacity.index_select(0, splat) - falloff_y * dy.square()  # log alpha
    with torch.no_grad():
        half_width = ((peak - log(MIN_ALPHA)).clamp_min(0) / falloff_x).sqrt()
    columns = pixels_within(middle, half_width, width)

    index, nth = _expand(columns[:, 1] - columns[:, 0])  # (F,) pixels of these rows
    pixel = (row * width + columns[:, 0]).index_select(0, index) + nth
    dx = (columns[:, 0].to(middle) + 0.5 - middle).index_select(0, index) + nth
    log_alpha = peak.index_select(0, index) - falloff_x.index_select(0, index) * dx.square()
    return pixel, splat.index_select(0, index), log_alpha.exp().clamp_max(MAX_ALPHA)


def _expand(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For items with (M,) counts: item and number within the item of each part, int32."""
    total = int(counts.sum())
    item = torch.repeat_interleave(counts, output_size=total)
    start = counts.cumsum(0, dtype=torch.int32) - counts
    number = torch.arange(total, dtype=torch.int32, device=counts.device)
    return item, number - start.index_select(0, item)

"""Which Gaussians a camera can see: those that enough light reaches, past the nearer ones.

The transmittance at a centre is the product of 1 - alpha over all Gaussians in front of it, alpha
taken from their projection at exactly that point (Kerbl et al. 2023, eq. 3).
"""

from __future__ import annotations

from math import log

import numpy as np
import torch
from torch import Tensor

from splat_widgets.attributes.records import Subject
from splat_widgets.regions.rows import mask_of
from splat_widgets.rendering.projection import MIN_ALPHA, NEAR_PLANE, Splats, project
from splat_widgets.rendering.splatting import MAX_ALPHA
from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.scene import SceneLike

SAME_SURFACE = 0.02
"""Gaussians nearer than this fraction of the depth in front of a centre belong to its surface: the
neighbours of a pixel's Gaussian overlap it and do not hide it."""
MIN_TRANSMITTANCE = 0.5
"""A centre that lets less than this of its light through counts as hidden."""
BATCH_PAIRS = 2**21
"""Pairs of a Gaussian and a centre behind it in one batch; bounds the memory."""


def visible(
    scene: SceneLike,
    camera: Camera,
    *,
    least: float = MIN_TRANSMITTANCE,
    among: np.ndarray | None = None,
) -> np.ndarray:
    """Gaussians whose centre is in the picture and lets at least half of its light through to it.

    Args:
        scene: what `Scene.of` takes, as drawn.
        camera: the viewpoint; its pixel size decides how wide thin Gaussians are drawn.
        least: transmittance in [0, 1] that counts as visible.
        among: (N,) bool; the other Gaussians are left out.

    Returns:
        (N,) bool.
    """
    return transmittance(scene, camera, among=among) >= least


def transmittance(
    scene: SceneLike, camera: Camera, *, among: np.ndarray | None = None
) -> np.ndarray:
    """Fraction of the light from each Gaussian's centre that passes the surfaces in front of it.

    Args:
        scene: what `Scene.of` takes.
        camera: the viewpoint.
        among: (N,) bool; the other Gaussians are left out.

    Returns:
        (N,) float64 in [0, 1]; NaN outside of the picture and for Gaussians left out.
    """
    gaussians, camera = Subject.of(scene).gaussians, checked(camera)
    found = np.full(len(gaussians), np.nan)
    index = np.flatnonzero(mask_of(among, len(gaussians)))
    gaussians = gaussians.select(index)
    xy, z = camera.project(gaussians.means)
    size = xy.new_tensor([camera.width, camera.height])
    seen = (z > NEAR_PLANE) & (xy >= 0).all(-1) & (xy < size).all(-1)
    seen = seen.nonzero(as_tuple=True)[0]
    x, y, z = xy[seen, 0], xy[seen, 1], z[seen]
    pixel = y.long() * camera.width + x.long()
    pixel, order = torch.sort(pixel, stable=True)
    x, y, z = x[order], y[order], z[order]

    through = torch.zeros(len(seen), dtype=torch.float64, device=x.device)  # its logarithm
    # Where each pixel's centres begin, with one more entry for the end.
    first = torch.searchsorted(
        pixel, torch.arange(camera.width * camera.height + 1, device=pixel.device)
    )
    splats = project(gaussians, camera, 0)
    for part, row in _rows(splats, camera, first):
        _dim(part, row, x, y, z, through)
    found[index[seen[order].cpu().numpy()]] = through.exp().cpu().numpy()
    return found


def _rows(splats: Splats, camera: Camera, first: Tensor):
    """Batches of (splat, range of centres): the centres in one row of a splat's bounding box."""
    reach = 2 * (splats.log_opacity - log(MIN_ALPHA)).clamp_min(0)
    # The box of the ellipse: σ_yy = 1 / (2 falloff_y), σ_xx = 1 / (2 falloff_x) + slope² σ_yy.
    variance_y = 1 / (2 * splats.falloff_y)
    variance_x = 1 / (2 * splats.falloff_x) + splats.slope.square() * variance_y
    half_x, half_y = (reach * variance_x).sqrt(), (reach * variance_y).sqrt()
    left = (splats.center_x - half_x).floor().clamp(0, camera.width).long()
    right = (splats.center_x + half_x).floor().add(1).clamp(0, camera.width).long()
    top = (splats.center_y - half_y).floor().clamp(0, camera.height).long()
    bottom = (splats.center_y + half_y).floor().add(1).clamp(0, camera.height).long()
    height = (bottom - top).clamp_min(0)
    for start in range(0, len(height), 2**14):
        stop = start + 2**14
        splat = torch.repeat_interleave(height[start:stop])
        begin = height[start:stop].cumsum(0) - height[start:stop]
        row = torch.arange(len(splat), device=splat.device) - begin[splat] + top[start:stop][splat]
        splat += start
        begin = first[row * camera.width + left[splat]]
        count = first[row * camera.width + right[splat]] - begin
        yield from _batches(splats, splat, begin, count)


def _batches(splats: Splats, splat: Tensor, begin: Tensor, count: Tensor):
    """Cuts rows so that each batch has about `BATCH_PAIRS` pairs."""
    busy = (count > 0).nonzero(as_tuple=True)[0]
    splat, begin, count = splat[busy], begin[busy], count[busy]
    group = (count.cumsum(0) - 1) // BATCH_PAIRS
    sizes = torch.unique_consecutive(group, return_counts=True)[1].tolist()
    for part, start, num in zip(
        splat.split(sizes), begin.split(sizes), count.split(sizes), strict=True
    ):
        yield splats[part], (start, num)


def _dim(
    splats: Splats, row: tuple[Tensor, Tensor], x: Tensor, y: Tensor, z: Tensor, through: Tensor
) -> None:
    """Multiply the light that each splat lets through into the centres behind it."""
    begin, count = row
    splat = torch.repeat_interleave(count)
    start = count.cumsum(0) - count
    centre = torch.arange(len(splat), device=splat.device) - start[splat] + begin[splat]
    # The same depths as everywhere else, so that a Gaussian is never in front of itself.
    nearer = splats.values[splat, 3] < z[centre] * (1 - SAME_SURFACE)
    splat, centre = splat[nearer], centre[nearer]
    dx = x[centre] - splats.center_x[splat]
    dy = y[centre] - splats.center_y[splat]
    across = dx - splats.slope[splat] * dy
    log_alpha = (
        splats.log_opacity[splat]
        - splats.falloff_y[splat] * dy.square()
        - splats.falloff_x[splat] * across.square()
    )
    alpha = log_alpha.exp().clamp_max(MAX_ALPHA)
    alpha = torch.where(alpha >= MIN_ALPHA, alpha, 0.0)
    through.index_add_(0, centre, torch.log1p(-alpha.double()))

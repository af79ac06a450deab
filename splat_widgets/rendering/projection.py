"""Gaussians as a camera sees them: ellipses in the picture, nearest first.

EWA splatting (Zwicker et al. 2001) as 3D Gaussian Splatting does it (Kerbl et al. 2023, section 4):
the covariance is projected with the local affine approximation of the camera, an isotropic 0.3 px²
is added, the opacity stays unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import log

import torch
from torch import Tensor

from splat_widgets.conventions import sh_coefficients
from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

NEAR_PLANE = 0.01
"""Splats whose centre is nearer than this (scene units along the axis) are left out."""
LOW_PASS_PX2 = 0.3
"""Variance added to every splat's footprint, in square pixels."""
MIN_ALPHA = 1 / 255
"""Contributions below this are left out, so a splat ends on an ellipse."""
FIELD_OF_VIEW_MARGIN = 0.3
"""The affine approximation is taken at most this far outside, times half the field of view."""


@dataclass(frozen=True)
class Splats:
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

    def __getitem__(self, part: slice | Tensor) -> Splats:
        return Splats(*(getattr(self, field.name)[part] for field in fields(self)))

    @property
    def requires_grad(self) -> bool:
        """Whether any field belongs to a graph."""
        return any(getattr(self, field.name).requires_grad for field in fields(self))


def project(gaussians: Gaussians, camera: Camera, sh_degree: int) -> Splats:
    """The Gaussians that touch the picture, as the camera sees them."""
    means_camera = camera.to_camera(gaussians.means)  # (N, 3)
    seen = (means_camera[:, 2] > NEAR_PLANE) & (gaussians.opacities >= MIN_ALPHA)
    seen = (seen & finite(gaussians)).nonzero(as_tuple=True)[0]
    gaussians, means_camera = gaussians.select(seen), means_camera[seen]

    x, y, z = means_camera.unbind(-1)
    cx, cy = camera.principal_point_px
    center_x, center_y = camera.focal_px * x / z + cx, camera.focal_px * y / z + cy
    variance_x, variance_y, covariance_xy, determinant = _footprint(gaussians, camera, means_camera)

    # opacity · exp(-d² / 2) >= MIN_ALPHA where d² <= reach.
    log_opacity = gaussians.opacities.log()
    reach = 2 * (log_opacity.detach() - log(MIN_ALPHA)).clamp_min(0)
    columns = pixels_within(center_x, (reach * variance_x).sqrt(), camera.width)
    rows = pixels_within(center_y, (reach * variance_y).sqrt(), camera.height)

    directions = gaussians.means - camera.center_world.to(gaussians.means)
    color = evaluate(gaussians.sh[:, : sh_coefficients(sh_degree)], directions).clamp_min(0)
    splats = Splats(
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


def finite(gaussians: Gaussians) -> Tensor:
    """(N,) bool: the Gaussians whose values are all finite."""
    result = torch.ones(len(gaussians), dtype=torch.bool, device=gaussians.device)
    for field in fields(gaussians):
        value = getattr(gaussians, field.name).detach()
        result &= value.isfinite() if value.ndim == 1 else value.flatten(1).isfinite().all(1)
    return result


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


def pixels_within(center: Tensor, radius: Tensor, size: int) -> Tensor:
    """(..., 2) int32: first pixel whose centre is within, one past the last; clipped to size."""
    with torch.no_grad():
        first = (center - radius - 0.5).ceil().clamp(0, size)
        end = (center + radius + 0.5).floor().clamp(0, size)
        return torch.stack([first, torch.maximum(first, end)], -1).int()

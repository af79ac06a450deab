"""Covariance of a Gaussian from its scales and rotation, and back.

Conventions (quaternion order, frames, units) are in `splat_widgets.conventions`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from splat_widgets.geometry.rotations import quaternion, rotation_matrix


def covariance(scales: Tensor, quaternions: Tensor) -> Tensor:
    """Σ = R S Sᵀ Rᵀ, the 3x3 covariance of each Gaussian (Kerbl et al. 2023, eq. 6).

    Args:
        scales: (..., 3) standard deviations along the local axes, in scene units, > 0.
        quaternions: (..., 4) local-to-world rotation, wxyz; need not be normalised.

    Returns:
        (..., 3, 3) symmetric positive definite matrices, in scene units squared.
    """
    rs = rotation_matrix(quaternions) * scales[..., None, :]  # (..., 3, 3), columns scaled
    return rs @ rs.mT


def scales_and_quaternions(covariances: Tensor) -> tuple[Tensor, Tensor]:
    """Principal axes of covariances: the inverse of `covariance`, up to the order of the axes.

    Args:
        covariances: (..., 3, 3) symmetric, positive semi-definite, scene units squared.

    Returns:
        (..., 3) standard deviations in ascending order and (..., 4) wxyz.
    """
    variances, axes = torch.linalg.eigh(covariances)
    # eigh returns an orthogonal matrix of either handedness: a rotation needs determinant 1.
    handed = torch.linalg.det(axes).sign()
    axes = torch.cat([axes[..., :2], axes[..., 2:] * handed[..., None, None]], -1)
    return variances.clamp_min(0).sqrt(), quaternion(axes)

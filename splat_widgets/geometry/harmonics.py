"""Real spherical harmonics of degree 0 to 3, as 3D Gaussian Splatting uses them.

Order, signs and the +0.5 are those of Kerbl et al. (2023); see `splat_widgets.conventions`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.conventions import SH_C0, SH_C1, SH_C2, SH_C3, sh_degree


def basis(directions: Tensor, degree: int) -> Tensor:
    """Values of the basis functions.

    Args:
        directions: (..., 3) from the camera centre to the Gaussian; need not be unit length.
        degree: 0 to 3.

    Returns:
        (..., (degree + 1)²).
    """
    x, y, z = F.normalize(directions, dim=-1).unbind(-1)
    xx, yy, zz = x * x, y * y, z * z
    terms = [torch.full_like(x, SH_C0)]
    if degree >= 1:
        terms += [-SH_C1 * y, SH_C1 * z, -SH_C1 * x]
    if degree >= 2:
        terms += [
            SH_C2[0] * x * y,
            SH_C2[1] * y * z,
            SH_C2[2] * (2 * zz - xx - yy),
            SH_C2[3] * x * z,
            SH_C2[4] * (xx - yy),
        ]
    if degree >= 3:
        terms += [
            SH_C3[0] * y * (3 * xx - yy),
            SH_C3[1] * x * y * z,
            SH_C3[2] * y * (4 * zz - xx - yy),
            SH_C3[3] * z * (2 * zz - 3 * xx - 3 * yy),
            SH_C3[4] * x * (4 * zz - xx - yy),
            SH_C3[5] * z * (xx - yy),
            SH_C3[6] * x * (xx - 3 * yy),
        ]
    return torch.stack(terms, -1)


def evaluate(sh: Tensor, directions: Tensor) -> Tensor:
    """Colour seen from a direction; not clamped.

    Args:
        sh: (..., K, 3) coefficients, K = 1, 4, 9 or 16.
        directions: (..., 3) from the camera centre to the Gaussian, in the data's own frame.

    Returns:
        (..., 3) display RGB, nominally in [0, 1].
    """
    values = basis(directions, sh_degree(sh.shape[-2]))
    return 0.5 + (values[..., :, None] * sh).sum(-2)


def rotated(sh: Tensor, rotation: Tensor) -> Tensor:
    """Coefficients of the same colours in a turned frame.

    Each degree is closed under rotation, so the turned functions are exact sums of the old ones;
    their coefficients come from as many directions as determine them.

    Args:
        sh: (..., K, 3) coefficients, K = 1, 4, 9 or 16.
        rotation: (3, 3) from the old frame to the new one.
    """
    degree = sh_degree(sh.shape[-2])
    if degree == 0:
        return sh
    g = torch.Generator("cpu").manual_seed(0)
    directions = torch.randn(64, 3, generator=g, dtype=torch.float64, device="cpu")
    new = basis(directions, degree)
    old = basis(directions @ rotation.detach().cpu().double(), degree)
    turn = torch.linalg.lstsq(new, old).solution.to(sh)  # (K, K)
    return turn @ sh


def rgb_to_dc(rgb: Tensor) -> Tensor:
    """Degree-0 coefficient that shows a colour."""
    return (rgb - 0.5) / SH_C0


def dc_to_rgb(dc: Tensor) -> Tensor:
    """Colour that a degree-0 coefficient shows."""
    return 0.5 + SH_C0 * dc

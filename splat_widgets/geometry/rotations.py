"""Quaternions and rotation matrices.

Conventions (wxyz, local to world) are in `splat_widgets.conventions`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def rotation_matrix(quaternions: Tensor) -> Tensor:
    """Rotation matrices of quaternions.

    Args:
        quaternions: (..., 4) wxyz; need not be normalised, must not be zero.

    Returns:
        (..., 3, 3) orthogonal matrices with determinant 1, mapping local to world.
    """
    w, x, y, z = F.normalize(quaternions, dim=-1).unbind(-1)
    rows = [
        torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
        torch.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
        torch.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
    ]
    return torch.stack(rows, -2)


def quaternion(rotation: Tensor) -> Tensor:
    """Unit quaternions (w >= 0) of rotation matrices.

    The four candidates of Shepperd (1978) are formed and the one with the largest divisor is
    taken, so the result is accurate near half turns as well.

    Args:
        rotation: (..., 3, 3) orthogonal, determinant 1.

    Returns:
        (..., 4) wxyz.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = (row.unbind(-1) for row in rotation.unbind(-2))
    wx, wy, wz = zy - yz, xz - zx, yx - xy  # 4 w x, 4 w y, 4 w z
    xy, xz, yz = yx + xy, xz + zx, zy + yz  # 4 x y, 4 x z, 4 y z
    squares = [1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz]
    ww, xx, yy, zz = squares  # 4 w², 4 x², 4 y², 4 z²
    rows = [[ww, wx, wy, wz], [wx, xx, xy, xz], [wy, xy, yy, yz], [wz, xz, yz, zz]]
    # Along the first axis: twice as fast as along the last one.
    candidates = torch.stack([torch.stack(row) for row in rows])  # row k holds q · 4 q_k
    best = torch.stack(squares).max(0).indices
    chosen = torch.take_along_dim(candidates, best[None, None], 0)[0]
    unit = chosen / chosen.square().sum(0).sqrt()
    return torch.where(unit[:1] < 0, -unit, unit).movedim(0, -1).contiguous()


def multiply(first: Tensor, second: Tensor) -> Tensor:
    """Hamilton product: the rotation that applies `second`, then `first`. (..., 4) wxyz."""
    aw, ax, ay, az = first.unbind(-1)
    bw, bx, by, bz = second.unbind(-1)
    return torch.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        -1,
    )

"""Rotary position embedding on a two-dimensional token grid.

RoFormer (Su et al. 2021) extended to two axes as in CroCo v2 (Weinzaepfel et al. 2023): the first
half of a head's channels turns with the row, the second half with the column.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BASE = 100.0  # not the usual 10,000: token grids are short


@dataclass(frozen=True)
class Rotary:
    """Cosines and sines for the tokens of one grid, raster order."""

    cos: Tensor  # (N, head_dim)
    sin: Tensor  # (N, head_dim)

    @classmethod
    def of_grid(
        cls, rows: int, columns: int, head_dim: int, *, device: torch.device, dtype: torch.dtype
    ) -> Rotary:
        """Rotary angles of a grid.

        Args:
            rows: tokens along the height.
            columns: tokens along the width.
            head_dim: channels of an attention head, a multiple of 4.
            device: where the angles are wanted.
            dtype: type of the queries and keys; angles are computed in float32 and cast last.
        """
        quarter = head_dim // 4
        frequency = BASE ** (-torch.arange(quarter, device=device, dtype=torch.float32) / quarter)
        y, x = torch.meshgrid(
            torch.arange(rows, device=device, dtype=torch.float32),
            torch.arange(columns, device=device, dtype=torch.float32),
            indexing="ij",
        )
        by_row, by_column = (p.reshape(-1, 1) * frequency for p in (y, x))  # (N, quarter)
        angles = torch.cat([by_row, by_row, by_column, by_column], -1)  # (N, head_dim)
        return cls(angles.cos().to(dtype), angles.sin().to(dtype))

    def __call__(self, t: Tensor) -> Tensor:
        """Rotate queries or keys (B, heads, N, head_dim)."""
        # channels: [row a | row b | column a | column b]; pairs are (a_j, b_j) of the same axis
        row_a, row_b, column_a, column_b = t.chunk(4, -1)
        turned = torch.cat([-row_b, row_a, -column_b, column_a], -1)
        return t * self.cos + turned * self.sin

"""The ViT encoder (Dosovitskiy et al. 2021; positions as in CroCo v2), the same for all photos."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.models.splatt3r.blocks import EncoderBlock, layer_norm
from splat_widgets.models.splatt3r.rope import Rotary


class Encoder(nn.Module):
    """Pictures to tokens."""

    def __init__(self, dim: int, depth: int, heads: int) -> None:
        super().__init__()
        self.head_dim = dim // heads
        self.patch_embed = nn.Conv2d(3, dim, PATCH_SIZE, stride=PATCH_SIZE)
        self.blocks = nn.ModuleList(EncoderBlock(dim, heads) for _ in range(depth))
        self.norm = layer_norm(dim)

    def forward(self, images: Tensor, step: Callable[[], None]) -> Tensor:
        """Encode pictures of one size.

        Args:
            images: (B, 3, H, W) in [-1, 1], H and W multiples of 16.
            step: called before every block.

        Returns:
            (B, N, C) tokens in raster order, N = H/16 · W/16.
        """
        grid = self.patch_embed(images)  # (B, C, H/16, W/16)
        rows, columns = grid.shape[-2:]
        x = grid.flatten(2).mT  # (B, N, C)
        rotary = Rotary.of_grid(rows, columns, self.head_dim, device=x.device, dtype=x.dtype)
        for block in self.blocks:
            step()
            x = block(x, rotary)
        return self.norm(x)

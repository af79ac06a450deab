"""Two decoders that attend to each other (DUSt3R, Wang et al. 2024, section 3.1)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from splat_widgets.models.splatt3r.blocks import DecoderBlock, layer_norm
from splat_widgets.models.splatt3r.rope import Rotary


class Decoder(nn.Module):
    """One stack of blocks per photo, in lockstep."""

    def __init__(self, encoder_dim: int, dim: int, depth: int, heads: int) -> None:
        super().__init__()
        self.head_dim = dim // heads
        self.embed = nn.Linear(encoder_dim, dim)
        self.first_blocks = nn.ModuleList(DecoderBlock(dim, heads) for _ in range(depth))
        self.second_blocks = nn.ModuleList(DecoderBlock(dim, heads) for _ in range(depth))
        self.norm = layer_norm(dim)

    def forward(
        self,
        first: Tensor,
        second: Tensor,
        grids: tuple[tuple[int, int], tuple[int, int]],
        step: Callable[[], None],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Decode both photos.

        Args:
            first: (B, N, encoder_dim) tokens of the first photo.
            second: (B, M, encoder_dim) tokens of the second photo.
            grids: (rows, columns) of the token grid of each photo.
            step: called before every block.

        Returns:
            Per photo the layers [encoder output, block 1, ..., block L], the last one normalised.
        """
        rotary1, rotary2 = (
            Rotary.of_grid(*grid, self.head_dim, device=first.device, dtype=first.dtype)
            for grid in grids
        )
        layers1, layers2 = [first], [second]
        x1, x2 = self.embed(first), self.embed(second)
        for block1, block2 in zip(self.first_blocks, self.second_blocks, strict=True):
            step()
            new1 = block1(x1, x2, rotary1, rotary2)
            step()
            # Both blocks read the values from before this step: x1 must still be the old one here.
            x1, x2 = new1, block2(x2, x1, rotary2, rotary1)
            layers1.append(x1)
            layers2.append(x2)
        layers1[-1], layers2[-1] = self.norm(x1), self.norm(x2)
        return layers1, layers2

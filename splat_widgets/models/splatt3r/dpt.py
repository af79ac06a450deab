"""Dense prediction transformer head: token maps of four depths to one map per pixel.

Ranftl et al. 2021, "Vision Transformers for Dense Prediction".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn.functional import interpolate, relu


class ResidualUnit(nn.Module):
    """x + conv(relu(conv(relu(x)))); the residual is x before the first ReLU."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> the same shape."""
        return x + self.conv2(relu(self.conv1(relu(x))))


class Fusion(nn.Module):
    """Adds a finer map to a coarser one and doubles the size."""

    def __init__(self, features: int, *, has_skip: bool) -> None:
        super().__init__()
        self.skip_unit = ResidualUnit(features) if has_skip else None
        self.unit = ResidualUnit(features)
        self.project = nn.Conv2d(features, features, 1)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """(B, C, h, w) -> (B, C, 2h, 2w)."""
        if self.skip_unit is not None and skip is not None:
            x = x + self.skip_unit(skip)
        # A 1x1 convolution commutes with the interpolation; before it, it costs a quarter.
        return _double(self.project(self.unit(x)))


class Reassemble(nn.Module):
    """Tokens to a map at 4, 2, 1 or 1/2 times the token grid."""

    def __init__(self, token_dim: int, layer_dim: int, features: int, branch: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(token_dim, layer_dim, 1)
        self.resample: nn.Module = (
            nn.ConvTranspose2d(layer_dim, layer_dim, 4, stride=4),
            nn.ConvTranspose2d(layer_dim, layer_dim, 2, stride=2),
            nn.Identity(),
            nn.Conv2d(layer_dim, layer_dim, 3, stride=2, padding=1),
        )[branch]
        self.adapt = nn.Conv2d(layer_dim, features, 3, padding=1, bias=False)

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """(B, N, token_dim) on a (rows, columns) grid -> (B, features, h, w)."""
        x = tokens.mT.unflatten(-1, grid)  # (B, token_dim, rows, columns)
        return self.adapt(self.resample(self.project(x)))


class DPT(nn.Module):
    """Four token maps -> (B, channels, 16 · rows, 16 · columns)."""

    STEPS = 6

    def __init__(
        self,
        token_dims: Sequence[int],
        layer_dims: Sequence[int],
        features: int,
        last: int,
        channels: int,
    ) -> None:
        super().__init__()
        self.reassemble = nn.ModuleList(
            Reassemble(token_dims[branch], layer_dims[branch], features, branch)
            for branch in range(4)
        )
        # fusions[k] works at the size of branch k; the coarsest has nothing finer to add to.
        self.fusions = nn.ModuleList(Fusion(features, has_skip=k < 3) for k in range(4))
        self.conv1 = nn.Conv2d(features, features // 2, 3, padding=1)
        self.conv2 = nn.Conv2d(features // 2, last, 3, padding=1)
        self.project = nn.Conv2d(last, channels, 1)

    def forward(
        self, layers: Sequence[Tensor], grid: tuple[int, int], step: Callable[[], None]
    ) -> Tensor:
        """Run the head.

        Args:
            layers: four token maps (B, N, token_dims[k]), shallow to deep.
            grid: (rows, columns) of the token grid.
            step: called `STEPS` times, before the expensive parts.

        Returns:
            (B, channels, 16 · rows, 16 · columns), before any activation.
        """
        step()
        maps = [part(x, grid) for part, x in zip(self.reassemble, layers, strict=True)]
        step()
        x = self.fusions[3](maps[3])
        # Odd grids round the coarsest map up, so its double is one row or column too large.
        x = x[..., : maps[2].shape[-2], : maps[2].shape[-1]]
        x = self.fusions[2](x, maps[2])
        step()
        x = self.fusions[1](x, maps[1])
        step()
        x = self.fusions[0](x, maps[0])
        step()
        x = _double(self.conv1(x))
        step()
        return self.project(relu(self.conv2(x)))


def _double(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)

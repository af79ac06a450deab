"""Per-pixel predictions of a network for one photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PhotoMaps:
    """What the network says of every pixel of one view, upright grid.

    Lengths in metres, in the OpenCV frame of the *first* camera for both views. The batch axis B
    is absent in the maps of a `Reconstruction`.
    """

    points: Tensor  # (B, H, W, 3) MASt3R's point map
    confidence: Tensor  # (B, H, W) of the points, > 1
    offsets: Tensor  # (B, H, W, 3) from the point to the Gaussian's centre
    scales: Tensor  # (B, H, W, 3) standard deviations
    quaternions: Tensor  # (B, H, W, 4) wxyz, unit length
    opacities: Tensor  # (B, H, W) in [0, 1]
    sh: Tensor  # (B, H, W, K, 3) spherical harmonics, the photo's colour included
    descriptors: Tensor | None = None  # (B, H, W, D) unit length, on request
    descriptor_confidence: Tensor | None = None  # (B, H, W) > 1, on request

    @property
    def means(self) -> Tensor:
        """(B, H, W, 3) centres of the Gaussians."""
        return self.points + self.offsets

    def unbatched(self, item: int = 0) -> PhotoMaps:
        """The maps of one item of the batch, without the batch axis."""
        return self._each(lambda values: values[item])

    def to(self, device: torch.device | str) -> PhotoMaps:
        """Copy on another device."""
        return self._each(lambda values: values.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> PhotoMaps:
        present = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{k: change(v) for k, v in present.items() if v is not None})

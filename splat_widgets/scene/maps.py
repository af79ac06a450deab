"""Per-pixel predictions of a model for one photo, and the Gaussians they define."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from splat_widgets.geometry.harmonics import rotated
from splat_widgets.geometry.rotations import multiply, quaternion
from splat_widgets.scene.gaussians import Gaussians


@dataclass(frozen=True, eq=False, repr=False)
class PhotoMaps:
    """What a model predicts for every pixel of one upright photo.

    Lengths are in metres, in the OpenCV frame that the photos of one prediction share. The batch
    axis B exists only inside a network.
    """

    points: Tensor  # (B, H, W, 3) surface seen by the pixel
    confidence: Tensor  # (B, H, W) of the points, > 1
    offsets: Tensor  # (B, H, W, 3) from the point to the Gaussian's centre
    scales: Tensor  # (B, H, W, 3) standard deviations
    quaternions: Tensor  # (B, H, W, 4) wxyz, unit length
    opacities: Tensor  # (B, H, W) in [0, 1]
    sh: Tensor  # (B, H, W, K, 3) spherical harmonics, the photo's colour included
    descriptors: Tensor | None = None  # (B, H, W, D) unit length, on request
    descriptor_confidence: Tensor | None = None  # (B, H, W) > 1, on request

    def __repr__(self) -> str:
        names = [field.name for field in fields(self) if getattr(self, field.name) is not None]
        size = " x ".join(map(str, self.confidence.shape))
        return f"PhotoMaps({size} pixels: {', '.join(names)})"

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


def gaussians_of(maps: Sequence[PhotoMaps], scale: Tensor | float = 1.0) -> Gaussians:
    """The Gaussians of maps without batch axis: pixels row by row, photo after photo.

    Args:
        maps: of photos in one frame.
        scale: factor on all lengths.
    """
    return Gaussians(
        means=torch.cat([one.means.flatten(0, 1) for one in maps]) * scale,
        scales=torch.cat([one.scales.flatten(0, 1) for one in maps]) * scale,
        quaternions=torch.cat([one.quaternions.flatten(0, 1) for one in maps]),
        opacities=torch.cat([one.opacities.flatten() for one in maps]),
        sh=torch.cat([one.sh.flatten(0, 1) for one in maps]),
    )


def moved(maps: PhotoMaps, T_target_frame: Tensor, scale: float = 1.0) -> PhotoMaps:
    """Maps without batch axis in another frame.

    Args:
        maps: of one photo.
        T_target_frame: (4, 4) rigid motion from the maps' frame, applied after the scale.
        scale: factor on all lengths.
    """
    T = T_target_frame.to(maps.points)
    R, t = T[:3, :3], T[:3, 3]
    turn = quaternion(R).expand(maps.quaternions.shape)
    return replace(
        maps,
        points=scale * maps.points @ R.mT + t,
        offsets=scale * maps.offsets @ R.mT,
        scales=scale * maps.scales,
        quaternions=multiply(turn, maps.quaternions),
        sh=rotated(maps.sh, R),
    )

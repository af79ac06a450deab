"""The record of 3D Gaussians that everything downstream of the network works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.conventions import sh_degree
from splat_widgets.geometry.covariance import covariance
from splat_widgets.geometry.harmonics import rotated
from splat_widgets.geometry.rotations import multiply, quaternion


@dataclass(frozen=True, eq=False)
class Gaussians:
    """N anisotropic Gaussians in one frame. Values are physical: no logs, no logits."""

    means: Tensor  # (N, 3) centres, frame of the first camera, OpenCV axes
    scales: Tensor  # (N, 3) standard deviations, same unit as means
    quaternions: Tensor  # (N, 4) wxyz, unit length
    opacities: Tensor  # (N,)   in [0, 1]
    sh: Tensor  # (N, K, 3) spherical harmonics, K = (degree + 1)²

    def __post_init__(self) -> None:
        n = self.means.shape[0] if self.means.ndim else -1
        expected = {"means": (n, 3), "scales": (n, 3), "quaternions": (n, 4), "opacities": (n,)}
        for name, shape in expected.items():
            if tuple(getattr(self, name).shape) != shape:
                got = tuple(getattr(self, name).shape)
                raise ValueError(f"expected {name} of shape {shape}, got {got}")
        if self.sh.ndim != 3 or self.sh.shape[0] != n or self.sh.shape[2] != 3:
            raise ValueError(f"expected sh of shape ({n}, K, 3), got {tuple(self.sh.shape)}")
        sh_degree(self.sh.shape[1])  # raises for a K that no degree has
        kinds = {getattr(self, field.name).dtype for field in fields(self)}
        if len(kinds) > 1 or not self.means.dtype.is_floating_point:
            got = sorted(map(str, kinds))
            raise TypeError(f"expected one floating type for all fields, got {got}")
        places = {getattr(self, field.name).device for field in fields(self)}
        if len(places) > 1:
            got = sorted(map(str, places))
            raise ValueError(f"expected all fields on one device, got {got}; move them first")

    def __len__(self) -> int:
        return self.means.shape[0]

    def __repr__(self) -> str:
        return f"Gaussians({len(self):,}, SH degree {self.sh_degree}, {self.device})"

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.means.device

    @property
    def sh_degree(self) -> int:
        """Degree of the spherical harmonics, 0 to 3."""
        return sh_degree(self.sh.shape[1])

    @property
    def covariances(self) -> Tensor:
        """(N, 3, 3) covariance of each Gaussian, in scene units squared."""
        return covariance(self.scales, self.quaternions)

    def select(self, which: Tensor | np.ndarray | Sequence[int] | Sequence[bool]) -> Gaussians:
        """The Gaussians at a boolean mask (N,) or at indices, in that order."""
        index = selection_index(which, len(self), self.device)
        return Gaussians(*(getattr(self, field.name)[index] for field in fields(self)))

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Gaussians:
        """Copy on another device or in another floating type."""
        return Gaussians(*(getattr(self, f.name).to(device, dtype) for f in fields(self)))

    def detach(self) -> Gaussians:
        """The same values outside the autograd graph."""
        return Gaussians(*(getattr(self, field.name).detach() for field in fields(self)))

    def to_numpy(self) -> dict[str, np.ndarray]:
        """The five fields as float32 arrays, by name."""
        return {f.name: getattr(self, f.name).detach().cpu().float().numpy() for f in fields(self)}

    def transformed(self, T_target_world: Tensor | np.ndarray) -> Gaussians:
        """The Gaussians in another frame.

        Args:
            T_target_world: (4, 4) rigid transform or similarity (rotation, one scale, translation).

        Raises:
            ValueError: for a transform that shears, mirrors or scales unevenly.
        """
        if tuple(T_target_world.shape) != (4, 4):
            raise ValueError(f"expected a 4x4 transform, got {tuple(T_target_world.shape)}")
        T = torch.as_tensor(T_target_world).to(self.means)
        if not torch.equal(T[3], T.new_tensor([0, 0, 0, 1])):
            raise ValueError(f"expected the last row 0 0 0 1, got {T[3].tolist()}")
        linear, translation = T[:3, :3], T[:3, 3]
        factor = torch.linalg.det(linear).abs().pow(1 / 3)
        rotation = linear / factor
        identity = torch.eye(3, dtype=T.dtype, device=T.device)
        if not torch.allclose(rotation @ rotation.mT, identity, atol=1e-4) or linear.det() <= 0:
            raise ValueError("expected a rotation, one positive scale and a translation")
        turned = multiply(quaternion(rotation).expand(len(self), 4), self.quaternions)
        return Gaussians(
            means=self.means @ linear.mT + translation,
            scales=self.scales * factor,
            quaternions=F.normalize(turned, dim=-1),
            opacities=self.opacities,
            sh=rotated(self.sh, rotation),
        )


def cat(parts: Sequence[Gaussians]) -> Gaussians:
    """One record of several, in order. All must have the same SH degree and device."""
    if not parts:
        raise ValueError("expected at least one record of Gaussians, got none")
    degrees = sorted({part.sh_degree for part in parts})
    if len(degrees) > 1:
        raise ValueError(f"expected one SH degree, got {degrees}; cut `sh` to the lowest first")
    return Gaussians(
        *(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Gaussians))
    )


def selection_index(
    which: Tensor | np.ndarray | Sequence[int] | Sequence[bool], count: int, device: torch.device
) -> Tensor:
    """Validated (M,) int64 indices of a boolean mask (count,) or of indices into count items.

    Raises:
        TypeError: if it is neither boolean nor integer.
        ValueError: if a mask has another length or is not flat.
        IndexError: if an index lies outside.
    """
    try:
        # A copy: a mask may be read-only, which torch warns of.
        index = which if isinstance(which, Tensor) else torch.from_numpy(np.array(which))
    except (TypeError, ValueError):
        raise TypeError(f"expected a mask or indices, got {which!r}") from None
    if index.ndim != 1:
        raise ValueError(f"expected a flat mask or flat indices, got shape {tuple(index.shape)}")
    if index.dtype == torch.bool:
        if len(index) != count:
            raise ValueError(f"expected a mask of length {count}, got {len(index)}")
        return index.nonzero(as_tuple=True)[0].to(device)
    if not len(index):
        return torch.zeros(0, dtype=torch.int64, device=device)
    if index.dtype.is_floating_point or index.dtype.is_complex:
        raise TypeError(f"expected booleans or integers, got {index.dtype}")
    if index.dtype == torch.uint8:  # old masks: as indices they would select rows 0 and 1
        raise TypeError("expected booleans or integers, got uint8; convert it: mask.astype(bool)")
    index = index.to(torch.int64)
    lowest, highest = int(index.min()), int(index.max())
    if lowest < -count or highest >= count:
        raise IndexError(f"expected indices below {count}, got {lowest} to {highest}")
    return index.to(device)

"""The record of 3D Gaussians that everything downstream of the network works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets import forking
from splat_widgets.conventions import sh_degree
from splat_widgets.devices import check_device
from splat_widgets.geometry import similarity
from splat_widgets.geometry.covariance import covariance
from splat_widgets.geometry.harmonics import rotated
from splat_widgets.geometry.rotations import multiply, quaternion
from splat_widgets.guesses import Guessed
from splat_widgets.scene.rows import Rows, Which, selection_index

forking.prepare()  # every use of torch in this package begins with Gaussians


@dataclass(frozen=True, eq=False)
class Gaussians(Rows, Guessed):
    """N anisotropic Gaussians in one frame. Values are physical: no logs, no logits.

    `gaussians[mask]`, `gaussians[10:20]` and `gaussians[[3, 1]]` are records of some of them.

    Args:
        means: (N, 3) centres; the scene says in whose frame. Every field is a torch tensor of one
            floating type on one device; numpy arrays and lists become tensors.
        scales: (N, 3) standard deviations, > 0, same unit as means.
        quaternions: (N, 4) wxyz, unit length, local to world.
        opacities: (N,) in [0, 1].
        sh: (N, K, 3) spherical harmonics, K = (degree + 1)², degree 0 to 3; the colour that every
            direction sees is 0.5 + 0.2820948 · sh[:, 0].

    Raises:
        ValueError: for shapes that do not fit, or tensors on several devices.
        TypeError: for tensors of several types.
    """

    means: Tensor  # (N, 3) centres; the scene says in whose frame
    scales: Tensor  # (N, 3) standard deviations, same unit as means
    quaternions: Tensor  # (N, 4) wxyz, unit length
    opacities: Tensor  # (N,)   in [0, 1]
    sh: Tensor  # (N, K, 3) spherical harmonics, K = (degree + 1)²

    def __post_init__(self) -> None:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, tensor in _tensors(given).items():
            object.__setattr__(self, name, tensor)
        n = self.means.shape[0] if self.means.ndim else -1
        expected = {"means": (n, 3), "scales": (n, 3), "quaternions": (n, 4), "opacities": (n,)}
        for name, shape in expected.items():
            if tuple(getattr(self, name).shape) != shape:
                got = tuple(getattr(self, name).shape)
                raise ValueError(f"expected {name} of shape {shape}, got {got}")
        if self.sh.ndim != 3 or self.sh.shape[0] != n or self.sh.shape[2] != 3:
            hint = "; sh[:, None] has it" if tuple(self.sh.shape) == (n, 3) else ""
            raise ValueError(f"expected sh of shape ({n}, K, 3), got {tuple(self.sh.shape)}{hint}")
        sh_degree(self.sh.shape[1])  # raises for a K that no degree has
        kinds = {getattr(self, field.name).dtype for field in fields(self)}
        if len(kinds) > 1 or not self.means.dtype.is_floating_point:
            got = sorted(map(str, kinds))
            raise TypeError(
                f"expected one floating type for all fields, got {got}; `.float()` makes float32"
            )
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

    def select(self, which: Which) -> Gaussians:
        """The Gaussians at a boolean mask (N,) or at indices, in that order.

        Args:
            which: a mask (N,) of booleans, whole numbers from -N to N - 1, or a slice.

        Raises:
            TypeError: for numbers that are neither.
            ValueError: for a mask of another length.
            IndexError: for an index outside.
        """
        index = selection_index(which, len(self), self.device)
        return Gaussians(*(getattr(self, field.name)[index] for field in fields(self)))

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Gaussians:
        """The Gaussians on another device or in another floating type.

        Args:
            device: such as "cpu" or "cuda"; None: where they are.
            dtype: such as `torch.float64`; None: as it is.

        Raises:
            TypeError: for something that names no device.
            ValueError: for a device that this machine does not have.
        """
        if device is not None:
            check_device(device)
        return Gaussians(
            *(getattr(self, f.name).to(device=device, dtype=dtype) for f in fields(self))
        )

    def __add__(self, other: object) -> Gaussians:
        """One record of both, in order; that they share a frame is yours to know."""
        return cat([self, other]) if isinstance(other, Gaussians) else NotImplemented

    def detach(self) -> Gaussians:
        """The same values outside the autograd graph."""
        return Gaussians(*(getattr(self, field.name).detach() for field in fields(self)))

    def to_numpy(self) -> dict[str, np.ndarray]:
        """The five fields as float32 arrays, by name."""
        return {f.name: getattr(self, f.name).detach().cpu().float().numpy() for f in fields(self)}

    def transformed(self, T_target_world: Tensor | np.ndarray | Sequence) -> Gaussians:
        """The Gaussians in another frame.

        Args:
            T_target_world: (4, 4) rigid transform or similarity (rotation, one scale, translation),
                applied to columns of world coordinates.

        Raises:
            ValueError: for a transform that shears, mirrors, scales unevenly or is not finite.
        """
        T = similarity.checked(T_target_world)
        rotation, factor, translation = (part.to(self.means) for part in similarity.parts(T))
        quaternions, sh = self.quaternions, self.sh
        # A move alone leaves the rest as it is, to the bit.
        if not torch.equal(rotation, torch.eye(3, dtype=rotation.dtype, device=self.device)):
            turn = quaternion(rotation).expand(len(self), 4)
            quaternions = F.normalize(multiply(turn, quaternions), dim=-1)
            sh = rotated(sh, similarity.parts(T)[0])
        return Gaussians(
            means=self.means @ T[:3, :3].to(self.means).mT + translation,
            scales=self.scales * factor,
            quaternions=quaternions,
            opacities=self.opacities,
            sh=sh,
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


def _tensors(given: dict[str, Any]) -> dict[str, Tensor]:
    """Those of the fields that are arrays or lists, as tensors of one floating type.

    Beside tensors they take the tensors' type; alone the widest of their own, float32 for whole
    numbers.
    """
    arrays = {n: np.asarray(value) for n, value in given.items() if not isinstance(value, Tensor)}
    if not arrays:
        return {}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise TypeError(f"expected {name} as numbers, got {type(given[name]).__name__}")
    known = [value for value in given.values() if isinstance(value, Tensor)]
    kinds = [v.dtype for n, v in arrays.items() if v.dtype.kind == "f" and _is_array(given[n])]
    widest = np.result_type(*kinds) if kinds else np.dtype(np.float32)
    if known:
        like = {"device": known[0].device, "dtype": known[0].dtype}
        return {name: torch.from_numpy(array.copy()).to(**like) for name, array in arrays.items()}
    return {name: torch.from_numpy(array.astype(widest)) for name, array in arrays.items()}


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray | np.generic)

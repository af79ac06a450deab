"""Gaussians are read by rows: `scene[mask]`, `scene[10:20]`, `scene[[3, 1]]`, `scene[7]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Self

import numpy as np
import torch
from torch import Tensor

Which = Tensor | np.ndarray | Sequence[int] | Sequence[bool] | slice
"""A boolean mask (N,), whole numbers from -N to N - 1, or a slice."""


class Rows:
    """A record of N Gaussians: indexed like an array, and never taken for one."""

    def __len__(self) -> int:
        raise NotImplementedError

    def select(self, which: Which) -> Self:
        """The record with the Gaussians at a mask (N,), at indices or in a slice, in that order."""
        raise NotImplementedError

    def __getitem__(self, which: Which | int) -> Self:
        return self.select(_checked(which, type(self).__name__))

    def __iter__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} is not read one Gaussian after another: `.means`, "
            "`.opacities` and the other fields hold a number of all; `[i]` is a record of one"
        )

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} is no single array: `.means.numpy()` is one field, "
            "`.to_numpy()` gives all five by name, and `sw.attributes.to_dataframe(…)` a table"
        )


def _checked(which: Any, owner: str) -> Any:
    """What `select` takes; a row alone as a list of one."""
    if isinstance(which, int | np.integer) and not isinstance(which, bool | np.bool_):
        return [int(which)]
    if isinstance(which, str):
        raise TypeError(
            f"expected a mask, indices or a slice in {owner}[…], got {which!r}; an attribute by "
            f"name is `sw.attributes.values(scene, {which!r})`"
        )
    if isinstance(which, tuple) or which is None or which is Ellipsis:
        raise TypeError(
            f"expected one mask, list of indices or slice in {owner}[…], got {which!r}; columns "
            "are taken of a field, for example `scene.means[:, 2]`"
        )
    return which


def selection_index(which: Which, count: int, device: torch.device) -> Tensor:
    """Validated (M,) int64 indices of a boolean mask (count,), of indices or of a slice.

    Raises:
        TypeError: if it is neither boolean nor integer.
        ValueError: if a mask has another length or is not flat.
        IndexError: if an index lies outside.
    """
    if isinstance(which, slice):
        return torch.from_numpy(np.arange(*which.indices(count), dtype=np.int64)).to(device)
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

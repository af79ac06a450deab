"""Traits of the inspector that need more than a type: selection, ranges, filters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from traitlets import Dict, Int, List, TraitError, TraitType

from splat_widgets.attributes.store import read_only
from splat_widgets.inspector.steps import assigned
from splat_widgets.scene.rows import selection_index

Bound = float | None


def bounds(what: str, value: Any) -> tuple[Bound, Bound]:
    """A checked range, both ends included; None and infinities mean that there is no bound.

    Raises:
        ValueError: if it is not a pair of numbers with low <= high.
    """
    pair = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
    if not pair or len(value) != 2:
        raise ValueError(f"expected (low, high) for {what}, got {value!r}")
    found: list[Bound] = []
    for number in value:
        if number is None:
            found.append(None)
            continue
        try:
            number = float(number)
        except (TypeError, ValueError):
            raise ValueError(f"expected numbers or None for {what}, got {value!r}") from None
        if math.isnan(number):
            raise ValueError(f"expected numbers or None for {what}, got NaN")
        found.append(None if math.isinf(number) else number)
    low, high = found
    if low is not None and high is not None and low > high:
        raise ValueError(f"expected low <= high for {what}, got {low:g} > {high:g}")
    return low, high


class RangeTrait(List):
    """The range of a colour scale: [low, high] with low < high, or [] for the default."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Check and convert an assigned value."""
        if value is None or (isinstance(value, Sequence | np.ndarray) and not len(value)):
            return []
        try:
            low, high = bounds(str(self.name), value)
        except ValueError as error:
            raise TraitError(f"{error}; [] means the attribute's own range") from None
        if low is None or high is None or low >= high:
            raise TraitError(
                f"expected {self.name} as [low, high] with low < high, got {list(value)}; "
                "[] means the attribute's own range"
            )
        return [low, high]


class FiltersTrait(Dict):
    """Ranges by attribute name: {"opacity": [0.5, None]}."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Check and convert an assigned value."""
        if not isinstance(value, Mapping):
            raise TraitError(
                f'expected filters such as {{"opacity": (0.5, None)}}, got {type(value).__name__}'
            )
        try:
            return {
                str(name): list(bounds(f"the filter {name!r}", pair))
                for name, pair in value.items()
            }
        except ValueError as error:
            raise TraitError(str(error)) from None


class SelectionTrait(TraitType):
    """The mask of the `Selection` that its object owns as `_selection`; assigning selects there.

    Masks, indices, slices and None can be assigned. The base class is not subscripted: traitlets
    before 5.10, which Colab has, refuses that.
    """

    info_text = "a boolean mask or indices of Gaussians"

    def __init__(self, help: str) -> None:
        super().__init__(help=help)

    def get(self, obj: Any, cls: Any = None) -> np.ndarray:
        """The (N,) read-only mask."""
        return obj._selection.now.mask

    def set(self, obj: Any, value: Any) -> None:
        """Select what is assigned; the model tells whether that is a change."""
        try:
            mask = mask_of(value, len(obj._selection.now.mask))
        except (TypeError, ValueError, IndexError) as error:
            raise TraitError(f"selection: {error}") from None
        obj._selection.select(mask, assigned(mask))


class PickedTrait(Int):
    """The picked row of the `Selection` that its object owns as `_selection`; -1 for none."""

    def get(self, obj: Any, cls: Any = None) -> int:
        """The row."""
        return obj._selection.now.picked

    def set(self, obj: Any, value: Any) -> None:
        """Pick the row that is assigned."""
        try:
            obj._selection.pick(self._validate(obj, value))
        except ValueError as error:
            raise TraitError(str(error)) from None


def mask_of(which: Any, count: int) -> np.ndarray:
    """(count,) read-only bool of a mask, of indices, of a slice, or of None for nothing.

    Raises:
        TypeError: if it is neither boolean nor integer.
        ValueError: if a mask has another length or is not flat.
        IndexError: if an index lies outside.
    """
    mask = np.zeros(count, bool)
    if which is not None:
        if isinstance(which, slice):
            mask[which] = True
        elif isinstance(which, np.ndarray) and which.dtype == bool and which.shape == (count,):
            mask[:] = which
        else:
            mask[selection_index(which, count, torch.device("cpu")).numpy()] = True
    return read_only(mask)

"""Attributes of a scene that a file keeps beside the Gaussians, and back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np

from splat_widgets import attributes
from splat_widgets.attributes.given import filled, is_held
from splat_widgets.attributes.table import given_values
from splat_widgets.io.errors import FormatError
from splat_widgets.scene.scene import Scene

logger = logging.getLogger(__name__)

AS_SAVED = "saved_{}"
"""How an attribute that the scene of a file cannot have itself, such as confidence, is called."""


def columns(
    scene: Scene, names: Iterable[str], *, floats: type[np.floating], title: str
) -> dict[str, np.ndarray]:
    """(N,) values of attributes by name: floats, NaN where they have none, or whole numbers.

    Args:
        scene: that has them.
        names: which ones.
        floats: the largest numbers that the format has.
        title: of the format, for sentences.

    Raises:
        TypeError: for one name that is not in a list.
        AttributeLookupError: for a name that the scene does not have.
        FormatError: for whole numbers that these floats would round, or floats beyond their range.
    """
    if isinstance(names, str):
        raise TypeError(f"expected a list of names, got {names!r}; [{names!r}] has one")
    found = {name: given_values(scene, name) for name in dict.fromkeys(names)}
    for name, values in found.items():
        if not _fits(values, floats):
            raise FormatError(
                f"{title} cannot hold {name!r}: its largest numbers are floats of "
                f"{8 * np.dtype(floats).itemsize} bits, which would be other numbers; a "
                ".splatscene keeps them"
            )
    return {name: filled(name, values) for name, values in found.items()}


@np.errstate(all="ignore")
def _fits(values: np.ndarray, floats: type[np.floating]) -> bool:
    """Whether no number becomes another one, but for digits that floats of more bits lose."""
    known = values.compressed() if np.ma.isMaskedArray(values) else values
    if known.dtype.kind == "f":
        return np.array_equal(np.isinf(known), np.isinf(known.astype(floats)))
    return is_held(known, floats)


def whole(values: np.ndarray) -> np.ndarray:
    """Floats that are whole numbers as such; as they are where no type has them."""
    if not np.isfinite(values).all() or (values % 1).any():
        return values
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    for kind in (np.int32, np.int64, np.uint64):
        limits = np.iinfo(kind)
        if float(limits.min) <= low and high < float(limits.max) + 1:
            return values.astype(kind)
    return values


def restore(scene: Scene, kept: Mapping[str, np.ndarray]) -> None:
    """Register the values that came with a scene, under their names or, if taken, as `saved_…`."""
    for name, values in kept.items():
        taken = any(one.name == name for one in attributes.available(scene))
        try:
            _register(scene, AS_SAVED.format(name) if taken else name, values)
        except ValueError:  # a name of the package's own, or none at all
            try:
                _register(scene, AS_SAVED.format(name), values)
            except ValueError as error:
                logger.warning("a column of the file is left out: %s", error)


def _register(scene: Scene, name: str, values: np.ndarray) -> None:
    attributes.register(name, values, scene=scene, formula="a column of the file")

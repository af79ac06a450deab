"""Attributes of a scene that a file keeps beside the Gaussians, and back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np

from splat_widgets import attributes
from splat_widgets.scene.scene import Scene

logger = logging.getLogger(__name__)

AS_SAVED = "saved_{}"
"""How an attribute that the scene of a file cannot have itself, such as confidence, is called."""


def columns(scene: Scene, names: Iterable[str]) -> dict[str, np.ndarray]:
    """(N,) values of attributes by name: float32, NaN where they have none, or whole numbers.

    Whole numbers and flags keep their type; float64 holds those that have gaps.

    Raises:
        TypeError: for one name that is not in a list.
        AttributeLookupError: for a name that the scene does not have.
    """
    if isinstance(names, str):
        raise TypeError(f"expected a list of names, got {names!r}; [{names!r}] has one")
    return {name: attributes.exact_values(scene, name) for name in dict.fromkeys(names)}


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

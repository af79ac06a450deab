"""Attributes of the user's own, which an edit hands on from a scene to its part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from splat_widgets import attributes
from splat_widgets.attributes.table import given_values
from splat_widgets.scene.scene import Scene

Formula = Callable[[Any], Any]


def hand_on(scene: Scene, part: Scene, kept: np.ndarray, formulas: Mapping[str, Formula]) -> None:
    """Register the user's attributes of a scene for a part of it.

    Args:
        scene: the whole.
        part: its Gaussians at `kept`.
        kept: (N,) bool.
        formulas: of those attributes that have one; the others keep their values.
    """
    known = {attribute.name for attribute in attributes.available(part)}
    for attribute in attributes.available(scene):
        name = attribute.name
        if attribute.source != "user" or name in known:
            continue  # registered for every scene, or for the pixels that the part shares
        attributes.register(
            name,
            formulas.get(name) or given_values(scene, name)[kept],
            scene=part,
            **attribute.details,
            needs=attribute.needs,
        )

"""Floaters: Gaussians far from any surface."""

from __future__ import annotations

import numpy as np

from splat_widgets import attributes
from splat_widgets.scene.scene import Scene, SceneLike

FLOATER_THRESHOLD = 5.0
"""Five times the usual distance to a neighbour: far outside of any smooth surface."""


def floater_attribute(scene: SceneLike) -> str:
    """The attribute that finds floaters: on the photos' pixel grid, else in space.

    Args:
        scene: what `Scene.of` takes.
    """
    return "grid_stretch" if Scene.of(scene).has("maps") else "isolation"


def floaters(scene: SceneLike, threshold: float | None = None) -> np.ndarray:
    """Gaussians that are unusually far from their neighbours.

    Args:
        scene: what `Scene.of` takes; `grid_stretch` decides if it has photos, else `isolation`.
        threshold: distance over the usual one, a factor above 1; None: `FLOATER_THRESHOLD`.

    Returns:
        (N,) bool.
    """
    least = FLOATER_THRESHOLD if threshold is None else threshold
    known = Scene.of(scene)
    return attributes.values(known, floater_attribute(known)) > np.float32(least)

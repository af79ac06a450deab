"""Floaters: Gaussians far from any surface."""

from __future__ import annotations

import numpy as np

from splat_widgets import attributes
from splat_widgets.attributes.records import Scene
from splat_widgets.scene.reconstruction import Reconstruction

FLOATER_THRESHOLD = 5.0
"""Five times the usual distance to a neighbour: far outside of any smooth surface."""


def floater_attribute(scene: Scene) -> str:
    """The attribute that finds floaters: on the pixel grid of a Reconstruction, else in space."""
    return "grid_stretch" if isinstance(scene, Reconstruction) else "isolation"


def floaters(scene: Scene, threshold: float | None = None) -> np.ndarray:
    """Gaussians that are unusually far from their neighbours.

    Args:
        scene: a `Reconstruction`, whose `grid_stretch` decides, or `Gaussians`, whose `isolation`.
        threshold: how many times farther than usual; `FLOATER_THRESHOLD` by default.

    Returns:
        (N,) bool.
    """
    least = FLOATER_THRESHOLD if threshold is None else threshold
    return attributes.values(scene, floater_attribute(scene)) > np.float32(least)

"""Regions of attribute values: a range of one attribute, a polygon over two."""

from __future__ import annotations

import numpy as np

from splat_widgets import attributes
from splat_widgets.regions.polygon import Points, corners_of, inside_polygon
from splat_widgets.scene.scene import Scene, SceneLike


def in_range(
    scene: SceneLike, name: str, low: float | None = None, high: float | None = None
) -> np.ndarray:
    """Gaussians with an attribute between two values, both included.

    Args:
        scene: what `Scene.of` takes.
        name: of the attribute; see `splat_widgets.attributes`.
        low: in the attribute's units; None for no bound.
        high: in the attribute's units; None for no bound.

    Returns:
        (N,) bool. Bounds are rounded to float32, in which values are kept and compared.
    """
    values = attributes.values(scene, name)
    inside = ~np.isnan(values)
    if low is not None:
        inside &= values >= np.float32(low)
    if high is not None:
        inside &= values <= np.float32(high)
    return inside


def in_density(
    scene: SceneLike,
    names: tuple[str, str],
    points: Points,
    log: tuple[bool, bool] = (False, False),
) -> np.ndarray:
    """Gaussians inside a polygon in the plane of two attributes.

    Args:
        scene: what `Scene.of` takes.
        names: of the attributes across and up.
        points: (M, 2) corners in the attributes' own units.
        log: on a logarithmic axis the polygon's edges are straight, and only values above 0 count.

    Returns:
        (N,) bool.
    """
    corners, known = corners_of(points), Scene.of(scene)
    planes = []
    for axis, name in enumerate(names):
        values = attributes.values(known, name).astype(np.float64)
        if log[axis]:
            values = np.log10(np.where(values > 0, values, np.nan))
            corners[:, axis] = np.log10(np.maximum(corners[:, axis], np.finfo(np.float32).tiny))
        planes.append(values)
    return inside_polygon(planes[0], planes[1], corners)

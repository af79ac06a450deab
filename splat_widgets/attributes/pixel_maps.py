"""Between one number per Gaussian and one map per photo: each Gaussian has a pixel of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from splat_widgets.scene.scene import Scene


def masked_maps(scene: Scene, values: np.ndarray) -> tuple[np.ndarray, ...]:
    """(N,) values as one (H, W) map per photo; pixels without a Gaussian are masked."""
    view, row, col = _pixels(scene)
    found = []
    for number, maps in enumerate(scene.maps):
        here = view == number
        size = tuple(maps.confidence.shape)
        one = np.ma.array(np.zeros(size, values.dtype), mask=np.ones(size, bool))
        one[row[here], col[here]] = values[here]
        found.append(one if np.ma.is_masked(one) else one.data)
    return tuple(found)


def spread(scene: Scene, values: np.ndarray) -> tuple[np.ndarray, ...]:
    """(N,) floats as one (H, W) map per photo; NaN for pixels without a Gaussian."""
    return tuple(np.ma.filled(one, np.nan) for one in masked_maps(scene, values))


def at_pixels(
    scene: Scene, maps: Sequence[np.ndarray], kind: np.dtype | type = np.float32
) -> np.ma.MaskedArray:
    """(N,) values of one (H, W) map per photo, at each Gaussian's own pixel.

    Args:
        scene: of the photos.
        maps: may be masked; of fewer photos, those of the others have no value.
        kind: the type of the values.
    """
    view, row, col = _pixels(scene)
    found = np.ma.array(np.zeros(len(view), kind), mask=np.ones(len(view), bool))
    for number, one in enumerate(maps):
        here = view == number
        found[here] = one[row[here], col[here]]
    return found


def _pixels(scene: Scene) -> tuple[np.ndarray, ...]:
    return tuple(index.cpu().numpy() for index in (scene.view, scene.row, scene.col))

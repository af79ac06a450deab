"""Regions on the photos: which Gaussians were predicted for the pixels inside."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from splat_widgets.regions.polygon import Points, inside_polygon
from splat_widgets.regions.rows import mask_of
from splat_widgets.scene.scene import Scene, SceneLike


def in_photo(scene: SceneLike, photo: int, points: Points) -> np.ndarray:
    """Gaussians whose own pixel lies inside a polygon on their photo.

    Args:
        scene: what `Scene.of` takes.
        photo: its index in the scene.
        points: (M, 2) corners x, y in pixels of the crop that the network saw.

    Returns:
        (N,) bool.

    Raises:
        AttributeError: for a scene without photos.
    """
    known = Scene.of(scene)
    x = known.col.cpu().numpy() + 0.5
    y = known.row.cpu().numpy() + 0.5
    photo_indices(known, [photo])
    return inside_polygon(x, y, points) & (known.view == photo).cpu().numpy()


def grow(scene: SceneLike, mask: np.ndarray, steps: int = 1) -> np.ndarray:
    """A mask and its neighbours on the pixel grid: one more ring for each step.

    Args:
        scene: what `Scene.of` takes.
        mask: (N,) bool.
        steps: rings; a Gaussian has the four neighbours of its pixel in the same photo.

    Returns:
        (N,) bool.

    Raises:
        AttributeError: for a scene without photos.
    """
    known = Scene.of(scene)
    if steps < 0:
        raise ValueError(f"expected 0 steps or more, got {steps}")
    grown = mask_of(mask, len(known))
    view, row, col = (index.cpu().numpy() for index in (known.view, known.row, known.col))
    for _ in range(steps):
        before = grown.copy()
        for number, maps in enumerate(known.maps):
            here = view == number
            height, width = maps.confidence.shape
            grid = np.zeros((height + 2, width + 2), bool)  # a border instead of special cases
            chosen = here & before
            grid[row[chosen] + 1, col[chosen] + 1] = True
            near = grid[:-2, 1:-1] | grid[2:, 1:-1] | grid[1:-1, :-2] | grid[1:-1, 2:]
            grown[here] |= near[row[here], col[here]]
    return grown


def photo_indices(scene: Scene | None, photos: Iterable[int]) -> list[int]:
    """Indices of some of a scene's photos, ascending, each once.

    Raises:
        TypeError: for something else than whole numbers.
        ValueError: for a photo that the scene does not have.
    """
    count = len(scene.photos) if scene is not None and scene.has("photos") else 0
    given = list(photos)
    for photo in given:
        if not isinstance(photo, int | np.integer):
            raise TypeError(f"expected the index of a photo, such as 0, got {photo!r}")
    chosen = sorted(set(given))
    for photo in chosen:
        if not 0 <= photo < count:
            expected = f"a photo from 0 to {count - 1}" if count else "a scene with photos"
            raise ValueError(f"expected {expected}, got photo {photo}")
    return chosen

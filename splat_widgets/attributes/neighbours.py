"""Distance from each Gaussian to the nearest one of another view."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np
from torch import Tensor

from splat_widgets.attributes.pixel_grid import at_pixels
from splat_widgets.attributes.records import Subject
from splat_widgets.attributes.store import kept
from splat_widgets.model.heads import ViewMaps

_EXACT_TREE: dict[str, bool | int | float | str] = {
    "algorithm": 4,
    "leaf_max_size": 10,
}  # FLANN's single k-d tree, made for 3D
_EXACT_SEARCH: dict[str, bool | int | float | str] = {
    "checks": -1,
    "eps": 0.0,
}  # visit whatever may hold the nearest: no approximation
_FARTHEST = 1e18  # squares of more overflow float32, in which the tree computes


def cross_view_distance(subject: Subject) -> Tensor:
    """(N,) distance to the nearest predicted centre of any other view, all its pixels counted."""
    maps = subject.known.maps
    found = []
    for number, one in enumerate(maps):
        others = [*maps[:number], *maps[number + 1 :]]
        # Kept with this view; the stores of the others stand for them without keeping them alive.
        maker = tuple(kept(other) for other in others)
        make = partial(_nearest_in, one, others)
        found.append(kept(one).get("cross view", maker, make))
    return at_pixels(subject, tuple(found))


def _nearest_in(maps: ViewMaps, others: Sequence[ViewMaps]) -> np.ndarray:
    """(H, W) distance to the nearest centre in other views."""
    means = _means(maps)
    flat = np.concatenate([_means(other).reshape(-1, 3) for other in others])
    return nearest_distance(means.reshape(-1, 3), flat).reshape(means.shape[:2])


def _means(maps: ViewMaps) -> np.ndarray:
    return maps.means.detach().float().cpu().numpy()


def nearest_distance(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance from each point to the nearest of the others, exact.

    Args:
        points: (M, 3) float32.
        others: (K, 3) float32.

    Returns:
        (M,) float32; NaN for points that are not finite, or if no other one is. Beyond 10¹⁸
        nothing counts as finite.
    """
    found = np.full(len(points), np.nan, np.float32)
    good = (np.abs(points) < _FARTHEST).all(-1)  # false for NaN as well
    others = np.ascontiguousarray(others[(np.abs(others) < _FARTHEST).all(-1)], np.float32)
    if not good.any() or not len(others):
        return found
    asked = np.ascontiguousarray(points[good], np.float32)
    tree = cv2.flann.Index(others, _EXACT_TREE)
    nearest = np.asarray(tree.knnSearch(asked, 1, params=_EXACT_SEARCH)[0], np.int64)[:, 0]
    # The tree's own distances are float32 sums of squares; once more from the points.
    found[good] = np.linalg.norm(asked.astype(np.float64) - others[nearest], axis=-1)
    return found


def missing(subject: Subject) -> str | None:
    """What a scene lacks for a cross-view distance."""
    count = len(subject.known.maps)
    return None if count > 1 else f"two views, and this scene has {count}"

"""Distances in space: to the nearest Gaussian of another photo, and to the nearest of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import cv2
import numpy as np
from torch import Tensor

from splat_widgets.attributes.pixel_maps import at_pixels
from splat_widgets.attributes.records import Attribute, Subject
from splat_widgets.attributes.store import home, kept
from splat_widgets.scene.maps import PhotoMaps

_Options = dict[str, bool | int | float | str]
_EXACT_TREE: _Options = {"algorithm": 4, "leaf_max_size": 10}  # FLANN's single k-d tree, for 3D
_EXACT_SEARCH: _Options = {"checks": -1, "eps": 0.0}  # no approximation
_FARTHEST = 1e18  # squares of more overflow float32, in which the tree computes
_NEIGHBOURS = 8  # as many as a pixel has on a grid


def attributes() -> Iterator[Attribute]:
    """All attributes of this file."""
    yield Attribute(
        name="isolation",
        label="Isolation",
        unit="",
        formula="mean over the 8 nearest of |μ - μ'| / its median over the scene",
        description="How much farther the nearest other Gaussians are than usual in this scene: "
        "large for floaters, and where the scene is sparse. In a reconstruction all pixels count, "
        "selected or not.",
        compute=_isolation,
        group="position",
        source="statistical outlier removal, Rusu et al. 2008, section 4.2",
        log=True,
        slow=True,
    )


def cross_view_distance(subject: Subject) -> np.ndarray:
    """(N,) distance to the nearest predicted centre of any other photo, all its pixels counted."""
    maps = subject.scene.maps
    found = []
    for number, one in enumerate(maps):
        others = [*maps[:number], *maps[number + 1 :]]
        # Cached with this photo. The key holds the others' stores, which do not keep them alive.
        maker = tuple(kept(other) for other in others)
        make = partial(_nearest_in, one, others)
        found.append(kept(one).get("cross view", maker, make))
    return at_pixels(subject.scene, found).data


def _nearest_in(maps: PhotoMaps, others: Sequence[PhotoMaps]) -> np.ndarray:
    """(H, W) distance to the nearest centre in other photos."""
    means = _means(maps)
    flat = np.concatenate([_means(other).reshape(-1, 3) for other in others])
    return nearest_distance(means.reshape(-1, 3), flat).reshape(means.shape[:2])


def _means(maps: PhotoMaps) -> np.ndarray:
    return maps.means.detach().float().cpu().numpy()


def nearest_distance(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance from each point to the nearest of the others, exact.

    Args:
        points: (M, 3) float32.
        others: (K, 3) float32.

    Returns:
        (M,) float32; NaN for points that are not finite, or if none of the others is. Coordinates
        beyond 10¹⁸ do not count as finite.
    """
    found = np.full(len(points), np.nan, np.float32)
    good = (np.abs(points) < _FARTHEST).all(-1)  # false for NaN as well
    others = np.ascontiguousarray(others[(np.abs(others) < _FARTHEST).all(-1)], np.float32)
    if not good.any() or not len(others):
        return found
    asked = np.ascontiguousarray(points[good], np.float32)
    tree = cv2.flann.Index(others, _EXACT_TREE)
    nearest = np.asarray(tree.knnSearch(asked, 1, params=_EXACT_SEARCH)[0], np.int64)[:, 0]
    # The tree's own distances are float32 sums of squares; these are exact.
    found[good] = np.linalg.norm(asked.astype(np.float64) - others[nearest], axis=-1)
    return found


def _isolation(subject: Subject) -> Tensor | np.ndarray:
    if not subject.scene.has("maps"):
        return isolation(subject.gaussians.means.cpu().numpy())
    means = [_means(maps) for maps in subject.scene.maps]
    maker = tuple(kept(maps) for maps in subject.scene.maps[1:])

    def make() -> tuple[np.ndarray, ...]:
        whole = isolation(np.concatenate([one.reshape(-1, 3) for one in means]))
        ends = np.cumsum([one.shape[0] * one.shape[1] for one in means])[:-1]
        parts = np.split(whole, ends)
        return tuple(p.reshape(one.shape[:2]) for p, one in zip(parts, means, strict=True))

    maps = kept(home(subject.scene)).get("isolation maps", maker, make)
    return at_pixels(subject.scene, maps).data


def isolation(means: np.ndarray) -> np.ndarray:
    """Mean distance to the 8 nearest other points (or as many as there are), over its median.

    Args:
        means: (N, 3) float32.

    Returns:
        (N,) float32; NaN for points that are not finite, or if there is no other point.
    """
    found = np.full(len(means), np.nan, np.float32)
    good = (np.abs(means) < _FARTHEST).all(-1)
    points = np.ascontiguousarray(means[good], np.float32)
    count = min(_NEIGHBOURS, len(points) - 1)
    if count < 1:
        return found
    tree = cv2.flann.Index(points, _EXACT_TREE)
    squared = np.asarray(tree.knnSearch(points, count + 1, params=_EXACT_SEARCH)[1], np.float64)
    distance = np.sqrt(squared[:, 1:]).mean(1)  # without the point itself, which is the nearest
    found[good] = distance / max(float(np.median(distance)), np.finfo(np.float32).tiny)
    return found


def missing(subject: Subject) -> str | None:
    """What a scene lacks for a cross-view distance."""
    count = len(subject.scene.maps)
    return None if count > 1 else f"two photos, and this scene has {count}"

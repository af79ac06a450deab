"""Which photos of a set were taken with one focal length, and what it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from splat_widgets.refinement.graph import components
from splat_widgets.refinement.joint_bundle import Lenses
from splat_widgets.refinement.pair_search import FOCAL_SIDES
from splat_widgets.refinement.records import PairGeometry, Shot

ZOOMED = 1.1
"""Ratio of the two focal lengths of a pair from which on they are two."""
MIN_PHOTOS_OF_PRINCIPAL = 3
"""Photos of one lens that carry its principal point; two always agree on a wrong one."""


def lenses_of(
    shots: Sequence[Shot], pairs: Mapping[tuple[int, int], PairGeometry]
) -> tuple[Lenses, np.ndarray]:
    """The lenses of a set and the lens of each photo (P,).

    Photos share a lens if their pictures have one shape, nothing known tells their focal lengths
    apart, and pairs with equal focal lengths connect them or no pair says that one has zoomed.

    Args:
        shots: all photos.
        pairs: those that are solved.
    """
    ratios = {edge: one.focals_sides[1] / one.focals_sides[0] for edge, one in pairs.items()}
    zoomed = {edge for edge, ratio in ratios.items() if max(ratio, 1 / ratio) > ZOOMED}
    like: dict[tuple[object, ...], list[int]] = {}
    for index, shot in enumerate(shots):
        like.setdefault((*shot.picture.shape, shot.focal_sides), []).append(index)
    edges = []
    for group in like.values():
        inside = set(group)
        apart = {photo for edge in zoomed for photo in edge if inside >= set(edge)}
        plain = [photo for photo in group if photo not in apart]
        edges += list(pairwise(plain))
        edges += [e for e in pairs if e not in zoomed and inside >= set(e)]
    lens = np.zeros(len(shots), np.int64)
    groups = components(edges, len(shots))
    for number, group in enumerate(groups):
        lens[list(group)] = number
    known = [shots[group[0]].focal_sides for group in groups]
    focals = [
        _usual_focal(set(group), pairs) if focal is None else focal
        for group, focal in zip(groups, known, strict=True)
    ]
    return Lenses(
        log_focal=np.log(focals),
        principal=np.zeros((len(groups), 2)),
        log_focal_prior=np.log(focals),
        focal_free=np.array([focal is None for focal in known]),
        principal_free=np.zeros(len(groups), bool),
    ), lens


def zooms(
    shots: Sequence[Shot], focals_sides: Sequence[float], registered: Sequence[int]
) -> tuple[float, ...]:
    """How far each photo was zoomed in, over the widest one; () where none clearly was.

    Nothing is told of photos whose focal lengths are all known. A crop is a zoom too.

    Args:
        shots: with what was known of their focal lengths.
        focals_sides: that were found.
        registered: photos that count; others have 1.
    """
    if all(shots[photo].focal_sides is not None for photo in registered):
        return ()
    widest = min(focals_sides[photo] for photo in registered)
    found = tuple(
        focal / widest if photo in registered else 1.0 for photo, focal in enumerate(focals_sides)
    )
    return found if max(found) > ZOOMED else ()


def _usual_focal(group: set[int], pairs: Mapping[tuple[int, int], PairGeometry]) -> float:
    """Median over the pairs of these photos, each counted once an inlier."""
    found = [
        (one.focals_sides[side], len(one.matches))
        for edge, one in pairs.items()
        for side in (0, 1)
        if edge[side] in group
    ]
    if not found:
        return FOCAL_SIDES
    focals, weights = np.array(sorted(found)).T
    return float(focals[np.searchsorted(np.cumsum(weights), weights.sum() / 2)])

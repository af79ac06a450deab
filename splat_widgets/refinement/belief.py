"""Which of the swept depths to trust: what other photos confirm, and few of them see through.

Depth on a plain surface is carried there from its edges, and two photos may carry it to the same
wrong place. So where several photos look, a depth whose own windows do not look alike needs two
that confirm it. A depth that stands before surfaces which about as many photos are sure of is
wrong: support is weighed against photos that see through, as in Merrell et al. 2007.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement import check
from splat_widgets.refinement.views import Swept, View

_ALIKE = 0.4
"""Largest matching cost of windows that look alike: a correlation of 0.2 with each of the photos
that count. One that does not see the point counts as no correlation."""
_SEEN_THROUGH = 0.06  # of depth, before another photo's surface: more than both surfaces' noise
_COARSER = 1.5  # pixel at a point over the own one, from which on a photo misses what is thin
_RIM = np.ones((3, 3), np.uint8)  # pixels around one: rounding finds the wall beside a pole


@dataclass(frozen=True, eq=False)
class Belief:
    """Which of a photo's swept depths to trust."""

    checked: np.ndarray  # (n, n) bool: confirmed, clearly the best and no speck
    agreed: np.ndarray  # (n, n) bool: confirmed and no speck; worth more than a fill


def beliefs(
    views: Sequence[View],
    found: Sequence[Swept],
    neighbours: Sequence[Sequence[int]],
    tick: Callable[[], object] = lambda: None,
) -> list[Belief]:
    """Of all photos: the depths that neighbours confirm and only fewer photos see through.

    Args:
        views: two or more.
        found: of each.
        neighbours: of each, those that may confirm its depths.
        tick: called between photos that are compared; what it raises ends the work.
    """
    every = range(len(views))
    first = [believed(k, views, found, neighbours[k], tick) for k in every]
    if len(views) == 2:
        return first  # the one other photo cannot both confirm and see through
    return [_unrefuted(k, views, found, first, tick) for k in every]


def believed(
    k: int,
    views: Sequence[View],
    found: Sequence[Swept],
    others: Sequence[int],
    tick: Callable[[], object] = lambda: None,
) -> Belief:
    """The depths of a photo that a neighbour confirms."""
    view, own = views[k], found[k]
    points = view.rays * own.depth[..., None]
    known = [view.known(views[j], found[j].depth) for j in others]
    votes, looking = check.agreeing(points, known, tick)
    alike = own.winners.cost.cpu().numpy() < _ALIKE
    confirmed = votes >= np.where(alike, 1, np.clip(looking, 1, 2))
    agreed = confirmed & ~own.winners.at_end.cpu().numpy()
    good = agreed & (own.winners.margin.cpu().numpy() > check.MIN_MARGIN)
    return Belief(check.without_specks(good, own.depth), check.islands(agreed, own.depth))


def _unrefuted(
    k: int,
    views: Sequence[View],
    found: Sequence[Swept],
    first: Sequence[Belief],
    tick: Callable[[], object],
) -> Belief:
    """A first belief less what stands before surfaces of about as many photos as confirm it."""
    view, own = views[k], found[k]
    points = view.rays * own.depth[..., None]
    others = [j for j in range(len(views)) if j != k]
    seen = [view.known(views[j], found[j].depth) for j in others]
    support, _ = check.agreeing(points, seen, tick)
    against = np.zeros_like(support)
    for j in others:
        tick()
        # Unknown depth is 0, which the least of a neighbourhood keeps: it speaks against nothing.
        surface = cv2.erode(np.where(first[j].checked, found[j].depth, 0.0), _RIM)
        known = view.known(views[j], surface)
        gap, inside = check.depth_gaps(points, known)
        there = points @ known.axis[:3] + known.axis[3]
        fine = there * views[j].pitch < _COARSER * own.depth * view.pitch
        against += inside & fine & (gap < -_SEEN_THROUGH)
    kept = against < np.maximum(support - 1, 1)
    return Belief(
        check.islands(first[k].checked & kept, own.depth),
        check.islands(first[k].agreed & kept, own.depth),
    )

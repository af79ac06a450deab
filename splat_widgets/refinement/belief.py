"""Which of the swept depths to trust: what other photos confirm, and none of them sees through.

Depth on a plain surface is carried there from its edges, and two photos may carry it to the same
wrong place. So where several photos could speak, a depth whose own windows do not look alike needs
two that confirm it. A depth that stands before surfaces which about as many other photos are sure
of is wrong (Merrell et al. 2007 weigh the two in the same way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from splat_widgets.refinement import check
from splat_widgets.refinement.views import Swept, View

_ALIKE = 0.4  # largest matching cost of windows that look alike: a correlation of 0.2
_SEEN_THROUGH = 0.06  # of depth, before another photo's surface: more than both surfaces' noise


@dataclass(frozen=True, eq=False)
class Belief:
    """Which of a photo's swept depths to trust."""

    checked: np.ndarray  # (n, n) bool: confirmed, clearly the best and no speck
    agreed: np.ndarray  # (n, n) bool: confirmed and no speck; worth more than a fill
    votes: np.ndarray  # (n, n) number of photos that confirm


def beliefs(
    views: Sequence[View], found: Sequence[Swept], neighbours: Sequence[Sequence[int]]
) -> list[Belief]:
    """Of all photos: the depths that neighbours confirm and no other photo sees through.

    Args:
        views: two or more.
        found: of each.
        neighbours: of each, those that may confirm its depths.
    """
    every = range(len(views))
    first = [believed(k, views, found, neighbours[k]) for k in every]
    if len(views) == 2:
        return first  # the one other photo cannot both confirm and see through
    surfaces = [np.where(b.checked, f.depth, 0.0) for b, f in zip(first, found, strict=True)]
    return [_unrefuted(k, views, found[k], first[k], surfaces) for k in every]


def believed(
    k: int, views: Sequence[View], found: Sequence[Swept], others: Sequence[int]
) -> Belief:
    """The depths of a photo that a neighbour confirms."""
    view, own = views[k], found[k]
    points = view.rays * own.depth[..., None]
    votes = check.agreeing(points, [view.known(views[j], found[j].depth) for j in others])
    agreed = (votes > 0) & ~own.winners.at_end.cpu().numpy()
    if len(others) > 1:
        agreed &= (own.winners.cost.cpu().numpy() < _ALIKE) | (votes > 1)
    good = agreed & (own.winners.margin.cpu().numpy() > check.MIN_MARGIN)
    return Belief(check.without_specks(good, own.depth), check.islands(agreed, own.depth), votes)


def _unrefuted(
    k: int, views: Sequence[View], own: Swept, belief: Belief, surfaces: Sequence[np.ndarray]
) -> Belief:
    """A belief less what stands before the surfaces of about as many photos as confirm it."""
    points = views[k].rays * own.depth[..., None]
    against = np.zeros(own.depth.shape, int)
    for j, surface in enumerate(surfaces):
        if j != k:
            gap, inside = check.depth_gaps(points, views[k].known(views[j], surface))
            against += inside & (gap < -_SEEN_THROUGH)
    kept = against < np.maximum(belief.votes - 1, 1)
    return Belief(
        check.islands(belief.checked & kept, own.depth),
        check.islands(belief.agreed & kept, own.depth),
        belief.votes,
    )

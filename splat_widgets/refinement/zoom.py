"""Two photos of different zooms: two focal lengths where one would be a step forward.

Things that are larger in one photo were taken from nearer, or with a longer focal length. Where
they have much depth their matches tell which. Else both fit, and one focal length is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from splat_widgets.refinement import pair_bundle
from splat_widgets.refinement.epipolar import PX
from splat_widgets.refinement.pair_bundle import States
from splat_widgets.refinement.records import Matches
from splat_widgets.refinement.starts import Start, num_explained

GAIN = 0.1
"""Share of its cost that one focal length must lose to two."""
_ZOOM = 1.07  # ratio of sizes in the two photos from which on two focal lengths are tried
_MORE_EXPLAINED = 0.02  # share of matches that any two cameras explain beyond one focal length
_LEAST_MORE = 20  # matches; a wrong pose of few matches leaves some to any other one
_TRIED = (1 / 1.35, 1.35)  # then, whatever the sizes: a camera also steps back and zooms
_TELLING = 1.15  # ratio of two focal lengths that fit as well as one, which is a doubt


def worth_trying(matches: Matches, found: Sequence[Start | None]) -> list[float]:
    """Ratios of two focal lengths that are worth trying.

    How much larger things are in the second photo, by the inliers of the best solver. And others,
    where one focal length explains clearly fewer matches than any two cameras do.
    """
    masks = [start.inliers for start in found if start is not None and start.inliers is not None]
    if not masks:
        return []
    most = max(masks, key=lambda mask: int(mask.sum()))
    zoom = size_ratio(matches.select(most))
    tried = [zoom] if max(zoom, 1 / zoom) > _ZOOM else []
    more = num_explained(matches) - int(most.sum())
    if more > max(_MORE_EXPLAINED * most.sum(), _LEAST_MORE):
        tried += _TRIED
    return tried


def size_ratio(matches: Matches) -> float:
    """How much larger things are in the second photo, from distances between matches."""
    shifts = [k for k in (1, 3, 7, 15) if k < len(matches)]
    if not shifts:
        return 1.0
    first, second = (
        np.concatenate([np.linalg.norm(xy - np.roll(xy, k, 0), axis=1) for k in shifts])
        for xy in (matches.first, matches.second)
    )
    return float(np.exp(np.median(np.log(np.maximum(second, PX) / np.maximum(first, PX)))))


def is_doubtful(scored: States, first: int) -> bool:
    """Whether one focal length was taken, and two others fit as well."""
    zoomed = scored.free[:, pair_bundle.RATIO]
    if zoomed[first]:
        return False
    near = np.flatnonzero(zoomed & (scored.cost < (1 + GAIN) * scored.cost[first]))
    ratios = np.array([np.divide(*scored.focals(int(index))) for index in near])
    return bool((np.abs(np.log(ratios)) > np.log(_TELLING)).any())

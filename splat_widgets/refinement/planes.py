"""Around what surface the planes of a sweep lie, and how far they reach.

At first that is the network's depth and a wide range, on a coarse grid. What is found there is the
surface of the fine grid: it lies nearer to the truth, so that fewer planes reach it, and windows on
it bend less.

What covers less than 0.3 % of the coarse grid, or what neither its sweep nor the network nor a
hundredth of the matches shows, such as a pole two of its pixels wide before a far wall, may lie
outside of the fine planes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement import finish
from splat_widgets.refinement.belief import believed
from splat_widgets.refinement.correction import resampled, sampled
from splat_widgets.refinement.views import Swept, View

NEAREST_RATIO, FARTHEST_RATIO = 0.2, 2.5
"""Range of the planes around the corrected depth: a weak network's error."""
_PERCENTILES = (0.3, 99.7)  # of depths of the coarse grid over the surface
_MATCH_PERCENTILES = (1.0, 99.0)  # of depths of matches over the surface
_MARGIN = 1.25
_LEAST_CHECKED = 0.02  # share of the coarse grid, for its depths to be a surface
_BLUR, _FOUND_BLUR = 1 / 40, 1 / 20
"""Of the grid's edge, for a network's depth and for what was found: noise and edges of the surface
would bend the compared windows."""


@dataclass(frozen=True, eq=False)
class Planes:
    """Copies of a surface, from `near` times its depth to `far` times."""

    surface: np.ndarray  # (n, n) smooth depth
    near: float
    far: float


def widest(view: View) -> Planes:
    """Around the corrected depth, of a weak network and its matches."""
    surface = _smooth(view.prior.depth, _BLUR)
    near, far = NEAREST_RATIO, FARTHEST_RATIO
    if len(view.prior.ratios):
        low, high = np.percentile(view.prior.ratios, _MATCH_PERCENTILES)
        near, far = min(near, low / _MARGIN), max(far, high * _MARGIN)
    return Planes(surface, float(near), float(far))


def narrowed(
    k: int,
    view: View,
    coarse: Sequence[View],
    found: Sequence[Swept],
    others: Sequence[int],
    tick: Callable[[], object],
) -> Planes:
    """Around what a coarse pass found; the widest ones if that is next to nothing.

    Args:
        k: number of the photo.
        view: of it, on the fine grid.
        coarse: all photos on their coarse grids.
        found: what the sweeps there found.
        others: neighbours of the photo.
        tick: called between steps; what it raises ends the work.
    """
    belief = believed(k, coarse, found, others, tick)
    if belief.checked.mean() < _LEAST_CHECKED:
        return widest(view)
    filled = finish.filled(coarse[k], found[k], belief.agreed, tick)
    surface = _smooth(filled, _FOUND_BLUR)
    ratios = filled / surface  # of what stands out of the smooth surface, found or guessed
    ends = [
        np.percentile(ratios[belief.checked], _PERCENTILES),
        # A network's wildest depths would thin the planes out for all pixels.
        np.percentile(ratios, _PERCENTILES).clip(NEAREST_RATIO * _MARGIN, FARTHEST_RATIO / _MARGIN),
    ]
    prior = coarse[k].prior
    if len(prior.ratios):
        over_prior = np.log(surface / prior.depth)
        moved = sampled(over_prior, prior.places * len(surface))
        ends.append(np.percentile(prior.ratios / np.exp(moved), _MATCH_PERCENTILES))
    near, far = np.min(ends, 0)[0] / _MARGIN, np.max(ends, 0)[1] * _MARGIN
    return Planes(np.exp(resampled(np.log(surface), view.count)), float(near), float(far))


def _smooth(depth: np.ndarray, blur: float) -> np.ndarray:
    return np.exp(cv2.GaussianBlur(np.log(depth), (0, 0), blur * len(depth)))

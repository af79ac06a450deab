"""The depth of every pixel from what the sweep of its photo found: belief, fill, smoothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement import check, fill
from splat_widgets.refinement.views import Swept, View

_LEAST_WEIGHT = 1e-3  # that reached a pixel, for the fill to bend the prior there
_GUIDE_BLUR = 1.0  # pixels
_MEDIAN = 5  # pixels; what stands alone would leave a hole in the surface behind it
_STEP = 0.01  # change of the logarithm of depth above which neighbours do not even out


@dataclass(frozen=True, eq=False)
class Belief:
    """Which of a photo's swept depths to trust."""

    checked: np.ndarray  # (n, n) bool: confirmed, clearly the best and no speck
    agreed: np.ndarray  # (n, n) bool: confirmed and no speck; worth more than a fill


def believed(
    k: int, views: Sequence[View], found: Sequence[Swept], others: Sequence[int]
) -> Belief:
    """The depths of a photo that a neighbour confirms."""
    view, own = views[k], found[k]
    points = view.rays * own.depth[..., None]
    votes = check.agreeing(points, [view.known(views[j], found[j].depth) for j in others])
    agreed = (votes > 0) & ~own.winners.at_end.cpu().numpy()
    good = agreed & (own.winners.margin.cpu().numpy() > check.MIN_MARGIN)
    return Belief(check.without_specks(good, own.depth), check.islands(agreed, own.depth))


def filled(view: View, own: Swept, agreed: np.ndarray, tick: Callable[[], object]) -> np.ndarray:
    """A photo's own depth where another one agrees, and a guess elsewhere.

    The guess is the network's depth, bent to what was agreed on.
    """
    base, logs = np.log(view.prior.depth), np.log(own.depth)
    guide = cv2.GaussianBlur(own.grey, (0, 0), _GUIDE_BLUR)
    bend, weight = fill.smoothed(np.where(agreed, logs - base, 0.0), agreed, guide, tick=tick)
    guess = base + bend * (weight / (weight + _LEAST_WEIGHT))
    return np.exp(np.where(agreed, logs, guess))


def smoothed(depth: np.ndarray) -> np.ndarray:
    """Depth (n, n) without what stands alone, float64.

    A median alone makes steps: neighbours get the very same depth, and no sorting by depth tells
    which of their Gaussians lies in front. So they are evened out within their surface.
    """
    logs = cv2.medianBlur(np.log(depth).astype(np.float32), _MEDIAN)
    return np.exp(cv2.bilateralFilter(logs, 3, _STEP, 1.0).astype(np.float64))

"""The depth of every pixel from what the sweep of its photo found: fill and smoothing."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from splat_widgets.refinement import fill
from splat_widgets.refinement.views import Swept, View

_LEAST_WEIGHT = 1e-3  # that reached a pixel, for the fill to bend the prior there
_GUIDE_BLUR = 1.0  # pixels
_MEDIAN = 5  # pixels; what stands alone would leave a hole in the surface behind it
_STEP = 0.01  # change of the logarithm of depth above which neighbours do not even out


def filled(view: View, own: Swept, agreed: np.ndarray, tick: Callable[[], object]) -> np.ndarray:
    """A photo's own depth where another one agrees, and a guess elsewhere.

    The guess is the network's depth, bent to what was agreed on and to its slopes.
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

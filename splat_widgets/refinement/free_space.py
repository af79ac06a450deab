"""What a photo shows was not hidden from it: nothing stands before the surfaces it sees.

A filled depth is a guess. Where it would hide what another photo saw and two photos agreed on, it
is wrong, and the nearest depth along its ray that hides nothing is the better guess.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from splat_widgets.refinement import check

SLACK = 0.02  # of depth: noise of the surfaces
_STEP = 0.04  # of log depth
_FARTHEST = 1.5  # of log depth: guesses that are off by more stay


def moved_behind(
    rays: np.ndarray, depth: np.ndarray, guessed: np.ndarray, others: Sequence[check.Known]
) -> np.ndarray:
    """Depths of which the guessed ones hide nothing that others see.

    Args:
        rays: (n, n, 3) of the photo, 1 along its axis.
        depth: (n, n).
        guessed: (n, n) bool: which may move.
        others: surfaces that other photos see; depth 0 where they know nothing.
    """
    moved = depth.copy()
    rows = np.flatnonzero(guessed)
    lines = rays.reshape(-1, 3)
    rows = rows[_hides(lines[rows] * depth.flat[rows][:, None], others, check.TOLERANCE)]
    for factor in np.exp(np.arange(_STEP, _FARTHEST, _STEP)):
        if not len(rows):
            break
        tried = depth.flat[rows] * factor
        free = ~_hides(lines[rows] * tried[:, None], others, SLACK)
        moved.flat[rows[free]] = tried[free]
        rows = rows[~free]
    return moved


def _hides(points: np.ndarray, others: Sequence[check.Known], slack: float) -> np.ndarray:
    """(M,) bool: points (M, 3) that stand before a surface that another photo sees."""
    hides = np.zeros(len(points), bool)
    for other in others:
        gap, inside = check.depth_gaps(points, other)
        hides |= inside & (gap < -slack)
    return hides

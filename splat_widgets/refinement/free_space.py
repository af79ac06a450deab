"""What a photo shows was not hidden from it: nothing stands before the surfaces it sees.

A filled depth is a guess. Where it would hide what another photo saw it is wrong, and the nearest
depth along its ray that hides nothing is the better guess. What the other photo saw there may have
a guessed depth itself: whatever it is, the photo shows it. So guesses recede until each photo's own
picture is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from splat_widgets.refinement import check
from splat_widgets.refinement.views import View

_STEP = 0.04  # of log depth
_HALVINGS = 3  # of the last step
_FARTHEST = 2.5  # of log depth, in each round: guesses that are off by more stay
_ROUNDS = 2  # after them, one guess in a hundred still hides another one


def settled(
    views: Sequence[View],
    depths: Sequence[np.ndarray],
    guessed: Sequence[np.ndarray],
    tick: Callable[[], object] = lambda: None,
) -> list[np.ndarray]:
    """Depths of all photos of which no guessed one hides what another photo shows.

    In each round all photos' guesses move behind what the others showed before it, so that the
    order of the photos does not matter.

    Args:
        views: of each photo.
        depths: (n, n) of each.
        guessed: (n, n) bool of each: which may move.
        tick: called between steps; what it raises ends the work.
    """
    now = list(depths)
    for _ in range(_ROUNDS):
        before, now = now, []
        for k, view in enumerate(views):
            others = [view.known(views[j], before[j]) for j in range(len(views)) if j != k]
            now.append(moved_behind(view.rays, before[k], guessed[k], others, tick))
    return now


def moved_behind(
    rays: np.ndarray,
    depth: np.ndarray,
    guessed: np.ndarray,
    others: Sequence[check.Known],
    tick: Callable[[], object] = lambda: None,
) -> np.ndarray:
    """Depths of which the guessed ones hide nothing that others see.

    What hides more than the noise of the surfaces moves right behind them, so that the photo that
    sees them tells the place.

    Args:
        rays: (n, n, 3) of the photo, 1 along its axis.
        depth: (n, n).
        guessed: (n, n) bool: which may move.
        others: surfaces that other photos see; depth 0 where they know nothing.
        tick: called between steps; what it raises ends the work.
    """
    rows = np.flatnonzero(guessed)
    lines = rays.reshape(-1, 3)

    def hidden(rows: np.ndarray, logs: np.ndarray | float, slack: float) -> np.ndarray:
        return _hides(lines[rows] * (depth.flat[rows] * np.exp(logs))[:, None], others, slack, tick)

    rows = rows[hidden(rows, 0.0, check.TOLERANCE)]
    logs = np.zeros(depth.size)  # by which each guess recedes
    for log in np.arange(_STEP, _FARTHEST, _STEP):
        if not len(rows):
            break
        hides = hidden(rows, log, 0.0)
        logs[rows[~hides]] = log
        rows = rows[hides]
    # Whole steps overshoot, and guesses of several photos would drive each other away.
    rows, step = np.flatnonzero(logs), _STEP
    for _ in range(_HALVINGS):
        step /= 2
        nearer = logs[rows] - step
        logs[rows] = np.where(hidden(rows, nearer, 0.0), logs[rows], nearer)
    return depth * np.exp(logs).reshape(depth.shape)


def _hides(
    points: np.ndarray, others: Sequence[check.Known], slack: float, tick: Callable[[], object]
) -> np.ndarray:
    """(M,) bool: points (M, 3) that stand before a surface that another photo sees.

    By more than the slack, over their depth.
    """
    hides = np.zeros(len(points), bool)
    for other in others:
        tick()
        gap, inside = check.depth_gaps(points, other)
        hides |= inside & (gap < -slack)
    return hides

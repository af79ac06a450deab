"""Whether matches that took no part in finding a pose agree with it far beyond chance.

A pose that fits a dozen of forty matches may be chance: it was searched for among all poses. But
looser matches did not choose it. By chance as many of them agree with it as agree when their
second places are exchanged among them.
"""

from __future__ import annotations

import numpy as np

from splat_widgets.refinement.epipolar import (
    AGREES,
    ahead_of_both,
    epipolar_distances,
    rays,
    triangulate,
)
from splat_widgets.refinement.records import Matches, Pose

_LEAST = 6
_BEYOND = 4.0  # standard deviations of what chance gives (Poisson)
_EXCHANGES = 16


def is_confirmed(matches: Matches, pose: Pose, focals_sides: tuple[float, float]) -> bool:
    """Whether the looser ones of two photos' matches confirm a pose that the others gave.

    Args:
        matches: of two photos.
        pose: second from first.
        focals_sides: of both photos.
    """
    looser = matches.looser
    if looser is None or len(looser) < _LEAST:
        return False
    found = _agreeing(looser.first, looser.second, pose, focals_sides)
    shifts = np.unique(np.linspace(1, len(looser) - 1, _EXCHANGES).round().astype(int))
    exchanged = [
        _agreeing(looser.first, np.roll(looser.second, shift, axis=0), pose, focals_sides)
        for shift in shifts
    ]
    chance = float(np.mean(exchanged))
    return bool(found >= max(_LEAST, chance + _BEYOND * np.sqrt(chance)))


def _agreeing(
    first: np.ndarray, second: np.ndarray, pose: Pose, focals_sides: tuple[float, float]
) -> int:
    """How many pairs of places (N, 2) a pose explains by points before both cameras."""
    off = epipolar_distances(first, second, pose, focals_sides)
    here, there = rays(first, focals_sides[0]), rays(second, focals_sides[1])
    depths = triangulate(here, there, pose)
    return int((ahead_of_both(here, depths, pose) & (off < AGREES)).sum())

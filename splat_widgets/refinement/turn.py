"""Whether a camera only turned: then no depth follows from its photos, however well they match.

A bundle does not notice. On a wall it explains a rotation by a step aside, with 8 degrees of
parallax and an error of 0.07 px.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from splat_widgets.refinement.epipolar import rays

CLOSE = 1.5 / 512
"""Distance in sides at which a match counts as explained."""
_SHORTEST, _LONGEST = 0.55, 2.2  # focal lengths in sides of usual photos
_LOG_STEP = 0.198  # between those that are tried
_USUAL_ASPECT = 2.0
_STEPS = 6  # around the best of them, each at most half as wide as the distance between two
_ZOOM_STEPS = 28  # with a zoom: an error of its ratio moves every match
_AROUND = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
_ROUNDS = 10


@dataclass(frozen=True)
class Turn:
    """How well a rotation alone explains matches, whatever the focal length."""

    share: float  # of the matches that it explains to within `CLOSE`
    distance: float  # median, sides


def best_turn(
    first: np.ndarray, second: np.ndarray, ratio: float = 1.0, aspect: float = 1.0
) -> Turn:
    """The rotation that explains most.

    Args:
        first: (N, 2) sides.
        second: (N, 2) sides.
        ratio: about the focal length of the second photo over that of the first one; it is
            searched for around this value unless it is 1.
        aspect: long side of the photos over the short one. A strip of a panorama has a focal
            length of many of its short sides.
    """
    if not len(first):
        return Turn(0.0, np.inf)

    def judged(log_focal: float, log_ratio: float) -> tuple[float, float, float, Turn]:
        focals = np.exp(log_focal - log_ratio / 2), np.exp(log_focal + log_ratio / 2)
        distance = _distances(first, second, *focals)
        loss = float(np.log1p((distance / CLOSE) ** 2).mean())
        turn = Turn(float((distance < CLOSE).mean()), float(np.median(distance)))
        return loss, log_focal, log_ratio, turn

    middle = float(np.log(ratio))
    longest = _LONGEST * max(1.0, aspect / _USUAL_ASPECT) ** 2
    log_focals = np.arange(np.log(_SHORTEST), np.log(longest) + _LOG_STEP / 2, _LOG_STEP)
    tried = [judged(float(log_focal), middle) for log_focal in log_focals]
    best = min(tried, key=lambda one: one[0])
    step = _LOG_STEP / 2
    sides = [(-1, 0), (1, 0)] if ratio == 1 else _AROUND
    for _ in range(_STEPS if ratio == 1 else _ZOOM_STEPS):
        tried = [judged(best[1] + a * step, best[2] + b * step) for a, b in sides]
        better = min(tried, key=lambda one: one[0])
        if better[0] < best[0]:
            best = better
        else:
            step /= 2
    return best[3]


def _distances(
    first: np.ndarray, second: np.ndarray, first_focal: float, second_focal: float
) -> np.ndarray:
    """(N,) sides, in the second photo, under the best rotation (Kabsch 1976, sum of distances)."""
    one, two = rays(first, first_focal), rays(second, second_focal)
    one, two = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, two))
    weight, R = np.ones(len(one)), np.eye(3)
    for _ in range(_ROUNDS):
        U, _, Vt = np.linalg.svd((two * weight[:, None]).T @ one)
        R = U @ np.diag([1, 1, np.linalg.det(U @ Vt)]) @ Vt
        distance = np.linalg.norm(one @ R.T - two, axis=1) * second_focal
        weight = 1 / (distance + CLOSE / 3)
    turned = one @ R.T
    z = np.maximum(turned[:, 2:], 1e-6)
    return np.linalg.norm(second_focal * turned[:, :2] / z - second, axis=1)

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
_FINEST = 4e-4  # a step that is not halved, with a zoom; it moves a match by a tenth of `CLOSE`
_AROUND = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)])
_BESIDE = np.array([(-1, 0), (1, 0)])
_SEARCH_ROUNDS, _ROUNDS = 4, 10  # of a rotation's weights: to compare, and to judge


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

    def distances_at(log_focals: np.ndarray, log_ratios: np.ndarray, rounds: int) -> np.ndarray:
        one, other = np.exp(log_focals - log_ratios / 2), np.exp(log_focals + log_ratios / 2)
        return _distances(first, second, one, other, rounds)

    def best_of(log_focals: np.ndarray, log_ratios: np.ndarray) -> _Tried:
        distances = distances_at(log_focals, log_ratios, _SEARCH_ROUNDS)
        losses = np.log1p((distances / CLOSE) ** 2).mean(1)
        k = int(losses.argmin())
        return _Tried(float(losses[k]), float(log_focals[k]), float(log_ratios[k]))

    longest = _LONGEST * max(1.0, aspect / _USUAL_ASPECT) ** 2
    log_focals = np.arange(np.log(_SHORTEST), np.log(longest) + _LOG_STEP / 2, _LOG_STEP)
    best = best_of(log_focals, np.full_like(log_focals, np.log(ratio)))
    step = _LOG_STEP / 2
    around, steps = (_BESIDE, _STEPS) if ratio == 1 else (_AROUND, _ZOOM_STEPS)
    for _ in range(steps):
        better = best_of(best.log_focal + around[:, 0] * step, best.log_ratio + around[:, 1] * step)
        if better.loss < best.loss:
            best = better
        elif step > _FINEST:
            step /= 2
        else:
            break
    distances = distances_at(np.array([best.log_focal]), np.array([best.log_ratio]), _ROUNDS)[0]
    return Turn(float((distances < CLOSE).mean()), float(np.median(distances)))


@dataclass(frozen=True)
class _Tried:
    loss: float
    log_focal: float
    log_ratio: float


def _distances(
    first: np.ndarray,
    second: np.ndarray,
    first_focals: np.ndarray,
    second_focals: np.ndarray,
    rounds: int,
) -> np.ndarray:
    """(C, N) sides, in the second photo, under the best rotation at each of C focal lengths.

    Of the least sum of distances (Kabsch 1976, weighted anew in each round).
    """
    one, two = (
        np.stack([rays(points, focal) for focal in focals])
        for points, focals in ((first, first_focals), (second, second_focals))
    )
    one, two = (each / np.linalg.norm(each, axis=2, keepdims=True) for each in (one, two))
    scale = second_focals[:, None]
    weight, turned = np.ones(one.shape[:2]), one
    for _ in range(rounds):
        U, _, Vt = np.linalg.svd((two * weight[..., None]).swapaxes(1, 2) @ one)
        U[..., 2] *= np.linalg.det(U @ Vt)[:, None]  # no mirror
        turned = one @ (U @ Vt).swapaxes(1, 2)
        weight = 1 / (np.linalg.norm(turned - two, axis=2) * scale + CLOSE / 3)
    places = turned[..., :2] / np.maximum(turned[..., 2:], 1e-6)
    return np.linalg.norm(scale[..., None] * places - second, axis=2)

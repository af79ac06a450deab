"""Whether a camera only turned: then no depth follows from its photos, however well they match.

A bundle does not notice. On a wall it explains a rotation by a step aside, with 8 degrees of
parallax and an error of 0.07 px.
"""

from __future__ import annotations

import numpy as np

from splat_widgets.refinement.epipolar import rays

CLOSE = 1.5 / 512
"""Distance in sides at which a match counts as explained."""
_LOG_FOCALS = np.linspace(np.log(0.55), np.log(2.2), 8)
_HALVINGS = 4  # of the step between two of them, around the best
_ROUNDS = 10


def turned_share(first: np.ndarray, second: np.ndarray, ratio: float = 1.0) -> float:
    """Largest share of matches that a rotation alone explains, whatever the focal length.

    Args:
        first: (N, 2) sides.
        second: (N, 2) sides.
        ratio: about the focal length of the second photo over that of the first one; it is
            searched for around this value unless it is 1.
    """
    if not len(first):
        return 0.0

    def judged(log_focal: float, log_ratio: float) -> tuple[float, float, float, float]:
        focals = np.exp(log_focal - log_ratio / 2), np.exp(log_focal + log_ratio / 2)
        distance = _distances(first, second, *focals)
        loss = float(np.log1p((distance / CLOSE) ** 2).mean())
        return loss, log_focal, log_ratio, float((distance < CLOSE).mean())

    middle = float(np.log(ratio))
    best = min(judged(float(log_focal), middle) for log_focal in _LOG_FOCALS)
    step = float(_LOG_FOCALS[1] - _LOG_FOCALS[0])
    for _ in range(_HALVINGS):
        step /= 2
        tried = [best, *(judged(best[1] + sign * step, best[2]) for sign in (-1, 1))]
        if ratio != 1:
            tried += [judged(best[1], best[2] + sign * step / 2) for sign in (-1, 1)]
        best = min(tried)
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

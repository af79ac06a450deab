"""How surely the matches of two photos tell the turn between them.

Twenty right matches on one poster fit poses that are 30 degrees apart: their number does not tell
a good pose from a bad one, but how they would move under a small turn does. The covariance of the
pose follows from the derivatives of the distances from the epipolar lines (Hartley and Zisserman
2004, section 5.2). It says how far noise turns the pose, not whether another one, far away,
explains the matches too.
"""

from __future__ import annotations

import cv2
import numpy as np

from splat_widgets.refinement.epipolar import PX, signed_epipolar_distances
from splat_widgets.refinement.records import PairGeometry, Pose

_LEAST_NOISE = 0.3 * PX
"""Standard deviation of the best matches, sides."""
_FOCAL_SIGMA, _KNOWN_FOCAL_SIGMA = 0.05, 0.01
"""Of the logarithm of a focal length that was estimated, and of one that was given."""
_MEDIAN_TO_SIGMA = 1.4826  # of the size of errors that are normal
_UNKNOWNS = 6
_STEP = 1e-4  # of the derivatives: radians, shares of the step aside, logarithms
_ALMOST_NOTHING = 1e-6  # on the diagonal: without parallax the step aside is unknown


def turn_sigma_deg(pair: PairGeometry, *, known_focals: bool = False) -> float:
    """Standard deviation in degrees of the rotation between two photos.

    Args:
        pair: with its inliers.
        known_focals: whether the focal lengths were given; else they may be wrong by a twentieth.
    """
    length = np.linalg.norm(pair.pose.t)
    if not len(pair.matches) or not 0 < length < np.inf:
        return float("inf")
    aside = pair.pose.t / length
    across = np.linalg.svd(aside[None])[2][1:]  # (2, 3) directions in which the step may change

    def distances(change: np.ndarray) -> np.ndarray:
        R = cv2.Rodrigues(change[:3])[0] @ pair.pose.R
        focals = tuple(focal * np.exp(change[5]) for focal in pair.focals_sides)
        pose = Pose(R, aside + change[3:5] @ across)
        return signed_epipolar_distances(
            pair.matches.first, pair.matches.second, pose, (focals[0], focals[1])
        )

    steps = np.eye(_UNKNOWNS) * _STEP
    slopes = [(distances(step) - distances(-step)) / (2 * _STEP) for step in steps]
    jacobian = np.stack(slopes, 1) / _noise(pair.errors)  # (M, 6)
    sigma = _KNOWN_FOCAL_SIGMA if known_focals else _FOCAL_SIGMA
    before = np.array([_ALMOST_NOTHING] * (_UNKNOWNS - 1) + [sigma**-2])
    try:
        covariance = np.linalg.inv(jacobian.T @ jacobian + np.diag(before))
    except np.linalg.LinAlgError:
        return float("inf")
    variance = float(np.trace(covariance[:3, :3]))
    return float(np.degrees(np.sqrt(variance))) if 0 <= variance < np.inf else float("inf")


def _noise(errors: np.ndarray) -> float:
    """Standard deviation of matches whose errors a pose and a focal length have fitted."""
    count = len(errors)
    fitted = np.sqrt(count / max(count - _UNKNOWNS, 1))
    return max(_LEAST_NOISE, float(_MEDIAN_TO_SIGMA * np.median(errors) * fitted))

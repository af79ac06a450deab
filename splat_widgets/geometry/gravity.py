"""Which way is up, as far as the cameras tell."""

from __future__ import annotations

import numpy as np

SPREAD = 0.03
"""Mean square of the right axes across their main direction from which on they determine up: two
cameras turned by 20 degrees against each other."""
_AGREE = 0.5  # length of the mean up axis under which the cameras are held in many ways


def up_direction(rotations: np.ndarray) -> np.ndarray | None:
    """The direction against gravity, of cameras that people hold level.

    A level camera's right axis is horizontal, however far it looks down. So up is the direction
    that all right axes are least along, where the cameras are turned against each other enough;
    otherwise the mean of the cameras' own up axes without its part along the right axes.

    Args:
        rotations: (K, 3, 3) camera to world, OpenCV axes, at least one.

    Returns:
        (3,) of unit length; None for cameras that are held in many ways.
    """
    right, mean = rotations[:, :, 0], -rotations[:, :, 1].mean(0)
    if np.linalg.norm(mean) < _AGREE:
        return None
    spread, axes = np.linalg.eigh(right.T @ right / len(right))  # ascending
    if spread[1] > SPREAD:
        least = axes[:, 0] * np.sign(axes[:, 0] @ mean)
        if least @ mean > _AGREE * np.linalg.norm(mean):
            return least
    across = mean - axes[:, 2] * (axes[:, 2] @ mean)
    return across / np.linalg.norm(across)

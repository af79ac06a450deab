"""The border of what the photos show reaches a little outwards.

Depth is least sure at a photo's border, where often no other photo looks, and a scene that ends a
few pixels too early shows black as soon as the camera moves. So every second disc of the border is
drawn out over the outside, unless another photo shows what is there, and behind its neighbours,
which keep the border itself sharp.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

REACH = 1 / 16
"""How far, over the edge of the photo's window."""
_MIDDLE, _LENGTH = 0.25, 0.7  # of the disc's centre and radius, over the reach
_WIDTH = 2.0  # pixels, as only every second disc is drawn out
_BEHIND = 0.01  # of depth

_SIDES = tuple((axis, line, sign) for axis in (0, 1) for line, sign in ((0, -1), (-1, 1)))


def drawn_out(
    steps: np.ndarray, points: np.ndarray, shown: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Steps along the surface and places of all discs, those of the border drawn out.

    Args:
        steps: (n, n, 2, 3) to the next column and row, as from `covering.tangents`.
        points: (n, n, 3) of the surface, frame of the camera.
        shown: which points (M, 3) lie inside another photo's frame: (M,) bool.

    Returns:
        (n, n, 2, 3) steps, and (n, n, 3) offsets of the discs from their points.
    """
    longer, offsets = steps.copy(), np.zeros_like(points)
    reach = REACH * len(points)
    for axis, line, sign in _SIDES:
        places = (slice(1, None, 2), line) if axis else (line, slice(1, None, 2))
        ahead, aside = (0, 1) if axis else (1, 0)
        outwards = sign * reach * steps[places][:, ahead]
        free = ~shown(points[places] + outwards)[:, None]
        stretch = np.empty((len(outwards), 2, 1))
        stretch[:, ahead], stretch[:, aside] = _LENGTH * reach, _WIDTH
        longer[places] = np.where(free[..., None], stretch * steps[places], longer[places])
        moved = (1 + _BEHIND) * (points[places] + _MIDDLE * outwards) - points[places]
        offsets[places] = np.where(free, moved, offsets[places])
    return longer, offsets

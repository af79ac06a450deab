"""Colormaps of matplotlib's names without matplotlib: sequential, signed, cyclic."""

from __future__ import annotations

from typing import Literal, get_args

import cv2
import numpy as np

Colormap = Literal["viridis", "cividis", "magma", "coolwarm", "twilight", "gray"]
COLORMAPS: tuple[Colormap, ...] = get_args(Colormap)
"""Sequential, signed and cyclic ones; all but "gray" are safe for colour blindness."""

NO_VALUE = (0.5, 0.5, 0.5)
"""Display colour of NaN."""

_OPENCV = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "twilight": cv2.COLORMAP_TWILIGHT,
}
# OpenCV has no such map. These are the 33 colours of Moreland 2009, Diverging Color Maps for
# Scientific Visualization; the colours between them are interpolated.
_COOLWARM = (
    "3b4cc0 445acc 4d68d7 5775e1 6282ea 6c8ef1 779af7 82a5fb 8db0fe 98b9ff a3c2ff aec9fd b8d0f9 "
    "c2d5f4 ccd9ee d5dbe6 dddddd e5d8d1 ecd3c5 f1ccb9 f5c4ad f7bba0 f7b194 f7a687 f49a7b f18d6f "
    "ec7f63 e57058 de604d d55042 cb3e38 c0282f b40426"
)


def colormap(name: str) -> np.ndarray:
    """The 256 colours of a map.

    Args:
        name: one of `COLORMAPS`.

    Returns:
        (256, 3) uint8 RGB.

    Raises:
        ValueError: for another name.
    """
    ramp = np.arange(256, dtype=np.uint8)
    if name == "gray":
        return np.repeat(ramp[:, None], 3, 1)
    if name == "coolwarm":
        few = np.array([list(bytes.fromhex(colour)) for colour in _COOLWARM.split()])
        places = np.linspace(0, 255, len(few))
        smooth = [np.interp(ramp, places, few[:, channel]) for channel in range(3)]
        return np.rint(np.stack(smooth, 1)).astype(np.uint8)
    if name not in _OPENCV:
        raise ValueError(f"expected a colormap out of {', '.join(COLORMAPS)}, got {name!r}")
    return np.ascontiguousarray(cv2.applyColorMap(ramp[:, None], _OPENCV[name])[:, 0, ::-1])


def colours(values: np.ndarray, name: str, low: float, high: float) -> np.ndarray:
    """Values as colours of a map.

    Args:
        values: (N,).
        name: of the map.
        low: value of its first colour, which smaller values share.
        high: value of its last colour, which larger values share; above `low`.

    Returns:
        (N, 3) float32 in [0, 1]; `NO_VALUE` where a value is not a number.
    """
    if not low < high:
        raise ValueError(f"expected a range with low < high, got {low} to {high}")
    part = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1)
    known = ~np.isnan(part)
    place = np.minimum(256 * np.where(known, part, 0), 255).astype(np.int64)
    found = (colormap(name)[place] / 255).astype(np.float32)
    found[~known] = NO_VALUE
    return found

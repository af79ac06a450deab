"""A photo's colours as another exposure would have them.

A change of exposure or white balance scales the light that falls on the sensor, so it is a factor
on linear light; pictures hold it encoded with the curve of sRGB (IEC 61966-2-1). A camera that also
brightens shadows or darkens highlights changes the contrast: an exponent on light around mid grey,
which stays what the factors make of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MID_GREY = 0.18
"""Of linear light: half of the display's range to the eye."""
_DARKEST = 0.005  # linear light below which contrast changes no more: noise would be drawn

Factors = tuple[float, float, float]
"""Of red, green and blue, on linear light."""


@dataclass(frozen=True)
class Exposure:
    """How the light of a photo is changed."""

    factors: Factors = (1.0, 1.0, 1.0)
    contrast: float = 1.0  # exponent on light over `MID_GREY`, before the factors


UNCHANGED = Exposure()


def adapted(colours: np.ndarray, exposure: Exposure) -> np.ndarray:
    """Colours under another exposure.

    Args:
        colours: (..., 3) RGB in [0, 1], display values.
        exposure: how their light is changed.

    Returns:
        (..., 3) of the same type in [0, 1]; the same array where nothing changes.
    """
    if exposure == UNCHANGED:
        return colours
    light = to_linear(colours)
    if exposure.contrast != 1:
        light = light * (np.maximum(light, _DARKEST) / MID_GREY) ** (exposure.contrast - 1)
    light = np.clip(light * np.array(exposure.factors), 0, 1)
    return to_display(light).astype(colours.dtype)


def to_linear(display: np.ndarray) -> np.ndarray:
    """Linear light of display values in [0, 1]."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def to_display(light: np.ndarray) -> np.ndarray:
    """Display values of linear light in [0, 1]."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)

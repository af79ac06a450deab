"""A photo's colours as another exposure would have them.

A change of exposure or white balance scales the light that falls on the sensor, so it is a factor
on linear light; pictures hold it encoded with the curve of sRGB (IEC 61966-2-1).
"""

from __future__ import annotations

import numpy as np

Factors = tuple[float, float, float]
"""Of red, green and blue, on linear light."""
UNCHANGED: Factors = (1.0, 1.0, 1.0)


def adapted(colours: np.ndarray, factors: Factors) -> np.ndarray:
    """Colours under another exposure.

    Args:
        colours: (..., 3) RGB in [0, 1], display values.
        factors: on linear light.

    Returns:
        (..., 3) of the same type in [0, 1]; the same array where the factors are 1.
    """
    if factors == UNCHANGED:
        return colours
    light = np.clip(to_linear(colours) * np.array(factors), 0, 1)
    return to_display(light).astype(colours.dtype)


def to_linear(display: np.ndarray) -> np.ndarray:
    """Linear light of display values in [0, 1]."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def to_display(light: np.ndarray) -> np.ndarray:
    """Display values of linear light in [0, 1]."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)

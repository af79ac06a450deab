"""Arrays as photos: (H, W, 3) or (H, W), in bytes or in floats from 0 to 1."""

from __future__ import annotations

import numpy as np
from PIL import Image

from splat_widgets.photos.source import Unusable

A_HAIR = 0.01
"""How far floats may lie outside [0, 1]: rounding and resizing leave that much. It is cut off."""


def checked_shape(array: np.ndarray) -> tuple[int, int]:
    """(width, height) of a photo.

    Raises:
        Unusable: for another shape.
    """
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] == 3):
        hint = ""
        if array.ndim == 3 and array.shape[2] == 4:
            hint = "; drop the alpha channel with array[..., :3]"
        elif array.ndim == 3 and array.shape[0] == 3:
            hint = "; move the channels last with array.transpose(1, 2, 0)"
        raise Unusable(f"expected shape (H, W, 3) or (H, W), got {array.shape}{hint}")
    return array.shape[1], array.shape[0]


def picture(array: np.ndarray) -> Image.Image:
    """The picture that an array of `checked_shape` holds.

    Raises:
        Unusable: for other numbers.
    """
    if array.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(array))
    if not np.issubdtype(array.dtype, np.floating):
        raise Unusable(f"expected uint8 or floats in [0, 1], got {array.dtype}")
    lowest, highest = float(array.min()), float(array.max())
    if not (lowest >= -A_HAIR and highest <= 1 + A_HAIR):  # also true for NaN
        raise Unusable(
            f"expected floats in [0, 1], got {lowest:g} to {highest:g}{_advice(array, highest)}"
        )
    levels = np.rint(array.astype(np.float64).clip(0, 1) * 255)
    return Image.fromarray(levels.astype(np.uint8))


def _advice(array: np.ndarray, highest: float) -> str:
    strange = int(array.size - np.isfinite(array).sum())
    if strange:
        return f" ({strange:,} of {array.size:,} values are not finite); mend them first"
    if highest > 2:
        return (
            "; give bytes with array.astype('uint8'), or divide by the highest value there can be"
        )
    outside = int(((array < 0) | (array > 1)).sum())
    return f" ({outside:,} of {array.size:,} values outside); cut them off with array.clip(0, 1)"

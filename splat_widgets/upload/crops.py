"""The squares that are cut out of photos, in pixels of the upright photo."""

from __future__ import annotations

from collections.abc import Sequence

from splat_widgets.photos.photo import square_crop

Crop = tuple[int, int, int]  # left, top, side
MIN_SIDE_PX = 32


def check_crop(crop: Sequence[float], width: int, height: int) -> Crop:
    """A crop as whole pixels.

    Raises:
        TypeError: if it is not three numbers.
        ValueError: if it does not lie in a photo of this size, or is too small.
    """
    try:
        left, top, side = (round(float(value)) for value in crop)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"expected a crop (x, y, side) in pixels, got {crop!r}") from None
    if side < min(MIN_SIDE_PX, width, height):
        raise ValueError(f"expected a crop of at least {MIN_SIDE_PX} pixels, got {side}")
    if left < 0 or top < 0 or left + side > width or top + side > height:
        raise ValueError(
            f"expected a crop inside the photo of {width} x {height} pixels, "
            f"got {side} pixels from ({left}, {top})"
        )
    return left, top, side


def edges(
    crop: Crop | None, width: int, height: int, image_size: int
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a crop as fractions of the photo; None is the centred one."""
    if crop is not None:
        left, top, side = crop
        return left / width, top / height, (left + side) / width, (top + side) / height
    (w, h), (left, top, right, bottom) = square_crop(width, height, image_size)
    return left / w, top / h, right / w, bottom / h

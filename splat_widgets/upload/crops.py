"""The squares that are cut out of photos, in pixels of the upright photo."""

from __future__ import annotations

from splat_widgets.photos.photo import Crop, checked_crop, square_crop


def whole_pixels(crop: object, width: int, height: int, name: str) -> Crop:
    """A crop that was given for a photo of this size, as whole pixels.

    Raises:
        ValueError: for one that does not lie in the photo.
    """
    left, top, side = checked_crop(crop, width, height, name)
    side = min(round(side), width, height)
    return min(round(left), width - side), min(round(top), height - side), side


def edges(
    crop: Crop | None, width: int, height: int, image_size: int
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a crop as fractions of the photo; None is the centred one."""
    if crop is not None:
        left, top, side = crop
        return left / width, top / height, (left + side) / width, (top + side) / height
    (w, h), (left, top, right, bottom) = square_crop(width, height, image_size)
    return left / w, top / h, right / w, bottom / h

"""What EXIF tells of a photo, and is used: which way up it is, and the focal length."""

from __future__ import annotations

import logging
import math

from PIL import Image
from PIL.ExifTags import IFD, Base

logger = logging.getLogger(__name__)

_FOCAL_35MM = (5, 3000)  # mm on 36 x 24 mm: from circular fisheyes to the longest zooms
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation: what turns the stored picture upright."""


def orientation_and_focal(image: Image.Image) -> tuple[object, object]:
    """EXIF's orientation and focal length on 35 mm film; None where the file has no such entry."""
    orientation = focal_35mm = None
    try:
        exif = image.getexif()
        orientation = exif.get(Base.Orientation)
        focal_35mm = exif.get_ifd(IFD.Exif).get(Base.FocalLengthIn35mmFilm)
    except Exception as error:  # the picture is fine, and other viewers ignore the block too
        logger.debug("unreadable EXIF block ignored: %s", error)
    return orientation, focal_35mm


def focal_in_pixels(focal_35mm: object, width: int, height: int) -> float | None:
    """Focal length in pixels from EXIF's `FocalLengthIn35mmFilm` (0xA405, Exif 2.3).

    The tag is the focal length, in whole millimetres, of a lens that sees the same field on a frame
    of 36 x 24 mm; 0 means unknown. Frames of other shapes are compared by their diagonals, so

        focal_px = focal_35mm * sqrt(width² + height²) / sqrt(36² + 24²).

    That holds for a photo that was not cropped after it was taken, which EXIF does not tell.

    Args:
        focal_35mm: the tag's value, whatever the file has there.
        width: of the whole photo, px.
        height: of the whole photo, px.

    Returns:
        The focal length; None if the value is not a focal length that lenses have.
    """
    low, high = _FOCAL_35MM
    if not isinstance(focal_35mm, int) or not low <= focal_35mm <= high:
        return None
    return focal_35mm * math.hypot(width, height) / math.hypot(36, 24)

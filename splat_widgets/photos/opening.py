"""Photos from any source, opened safely and turned upright.

The content decides, never the file name. These formats are accepted: JPEG (an MPO, which some
cameras write, gives its first picture), PNG, WebP, GIF, and HEIF when `pillow-heif` is installed.
They must be still pictures (an animation of one frame is one), up to `MAX_FILE_BYTES` and
`MAX_PIXELS`. The released model's loader drops alpha and transparency (the colour below shows,
nothing is blended), more than 8 bits per channel (16-bit greys above 255 become white), and colour
profiles; so does this one. Of the metadata only EXIF's orientation and focal length are used.

Photos are untrusted input. The dimensions are checked from the header, before anything is decoded,
and of the file only what its pixels need reaches a decoder (`photos/stripped.py`).
Pillow's plugin classes are called directly instead of `Image.open`: that closes the list of formats
and keeps clear of Pillow's process-wide switches (registered openers, `MAX_IMAGE_PIXELS` and its
warning, which cannot be silenced for one thread alone). So every function here is thread-safe.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import numpy as np
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from splat_widgets.photos import arrays
from splat_widgets.photos.exif import TURNS, focal_in_pixels, orientation_and_focal
from splat_widgets.photos.formats import PhotoFormat, photo_format, refusal
from splat_widgets.photos.given import plain
from splat_widgets.photos.source import (
    MAX_FILE_BYTES,
    PhotoError,
    PhotoLike,
    Unusable,
    display_name,
    source_bytes,
)
from splat_widgets.photos.stripped import ANIMATED, stripped, webp_size

MAX_PIXELS = 120_000_000  # a 108-megapixel phone photo passes; decoding it takes about 0.9 GB
MAX_ASPECT_RATIO = 50  # the short side is scaled up to `image_size`: a thread would explode
_OPENERS: dict[PhotoFormat, Callable[[IO[bytes]], Image.Image]] = {
    "jpeg": JpegImageFile,  # its factory would make a sequence of an MPO
    "png": PngImageFile,
    "webp": WebPImageFile,
    "gif": GifImageFile,
}


@dataclass(frozen=True, eq=False)
class DecodedPhoto:
    """A whole photo, and what its source says about it."""

    image: Image.Image  # upright, 8-bit RGB, without metadata
    name: str  # for messages; plain text, not escaped for HTML
    data: bytes | None  # of the source; None for arrays and PIL images
    focal_px: float | None  # from EXIF; None if it does not say


def open_photo(
    photo: PhotoLike,
    *,
    name: str = "photo",
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> Image.Image:
    """The whole photo, upright, 8-bit RGB, without metadata; args and errors are `decode`'s."""
    return decode(photo, name=name, max_pixels=max_pixels, max_bytes=max_bytes).image


def decode(
    photo: PhotoLike,
    *,
    name: str = "photo",
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> DecodedPhoto:
    """Open a photo.

    Args:
        photo: a path, bytes, an open file, a PIL image; an array (H, W, 3) or (H, W), or a torch
            tensor, which may be (3, H, W), of uint8 or floats in [0, 1], also in a batch of one; an
            upload with `name` and `data`, or a file of ipywidgets' `FileUpload`.
        name: what to call a photo without a name.
        max_pixels: largest photo that is decoded.
        max_bytes: largest file that is read.

    Raises:
        PhotoError: if the photo cannot be used; it carries `name` and `reason`.
        TypeError: for something that is not a photo.
    """
    name = display_name(name)
    photo = plain(photo, max_bytes)
    data: bytes | None = None
    if isinstance(photo, Image.Image):
        name = display_name(str(getattr(photo, "filename", "")) or name)
    elif not isinstance(photo, np.ndarray):
        name, data = source_bytes(photo, name, max_bytes)
    try:
        if isinstance(photo, Image.Image):
            image = _check_pil(photo, name, max_pixels)
        elif isinstance(photo, np.ndarray):
            image = _from_array(photo, name, max_pixels)
        else:
            image = _decode(data or b"", name, max_pixels)
        orientation, focal_35mm = orientation_and_focal(image)
        focal_px = focal_in_pixels(focal_35mm, *image.size)
        return DecodedPhoto(_upright_rgb(image, orientation), name, data, focal_px)
    except PhotoError:
        raise
    except Unusable as error:
        raise PhotoError(name, str(error)) from error
    except MemoryError as error:
        raise PhotoError(name, "not enough memory to decode it; scale it down first") from error
    except Exception as error:  # decoders raise nearly anything on hostile bytes
        detail = str(error) or type(error).__name__
        raise PhotoError(name, f"cannot be read, damaged or cut off ({detail})") from error


def _check_pixels(size: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PhotoError(name, f"has no pixels ({width} x {height})")
    if width * height > max_pixels:
        raise PhotoError(
            name,
            f"has {width} x {height} = {width * height / 1e6:,.1f} megapixels, more than the limit "
            f"of {max_pixels / 1e6:,.1f}; scale it down first",
        )
    if max(width, height) > MAX_ASPECT_RATIO * min(width, height):
        raise PhotoError(
            name,
            f"is {width} x {height}, more than {MAX_ASPECT_RATIO} times as long as wide; crop it",
        )


def _decode(data: bytes, name: str, max_pixels: int) -> Image.Image:
    kind = photo_format(data)
    if kind is None:
        raise PhotoError(name, refusal(data))
    opener = _OPENERS.get(kind) or _heif_opener(name)
    if kind == "webp":  # its decoder allocates the canvas as soon as it is opened
        _check_pixels(webp_size(data), name, max_pixels)
    bare = stripped(data, kind)
    image = opener(io.BytesIO(bare.data))
    _check_pixels(image.size, name, max_pixels)
    image.load()
    if bare.exif:
        image.info["exif"] = bare.exif
    if bare.xmp:
        image.info["XML:com.adobe.xmp"] = bare.xmp.decode("latin-1")
    return image


def _heif_opener(name: str) -> Callable[[IO[bytes]], Image.Image]:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        hint = "pip install 'splat-widgets[heif]', or save it as JPEG"
        raise PhotoError(name, f"is HEIF, which needs pillow-heif: {hint}") from error
    return HeifImageFile


def _check_pil(image: Image.Image, name: str, max_pixels: int) -> Image.Image:
    _check_pixels(image.size, name, max_pixels)
    if image.mode == "F":  # `convert` expects 0 to 255 and would make a picture in [0, 1] black
        return arrays.picture(np.asarray(image))
    # An MPO and a HEIF hold several stills; the current one counts.
    if image.format not in ("MPO", "HEIF") and getattr(image, "n_frames", 1) > 1:
        raise PhotoError(name, ANIMATED)
    return image


def _from_array(array: np.ndarray, name: str, max_pixels: int) -> Image.Image:
    _check_pixels(arrays.checked_shape(array), name, max_pixels)
    return arrays.picture(array)


def _upright_rgb(image: Image.Image, orientation: object) -> Image.Image:
    """A new 8-bit RGB picture, turned as EXIF asks, that carries pixels and nothing else."""
    turn = TURNS.get(orientation) if isinstance(orientation, int) else None
    if turn is not None:
        image = image.transpose(turn)
    if "transparency" in image.info:  # convert would warn about it and, for RGB, drop it anyway
        image = image.copy()
        del image.info["transparency"]
    rgb = image.convert("RGB")
    rgb.info = {}
    return rgb

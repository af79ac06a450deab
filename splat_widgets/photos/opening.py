"""Photos from any source, opened safely and turned upright.

The content decides, never the file name. These formats are accepted: JPEG (an MPO, which some
cameras write, gives its first picture), PNG, WebP, and HEIF when `pillow-heif` is installed. They
must be still pictures, up to `MAX_FILE_BYTES` and `MAX_PIXELS`. The released model's loader drops
alpha and transparency (the colour below shows, nothing is blended), more than 8 bits per channel
(16-bit greys above 255 become white), and colour profiles; so does this one. Of the metadata only
EXIF's orientation and focal length are used.

Photos are untrusted input. The dimensions are checked from the header, before anything is decoded.
Pillow's plugin classes are called directly instead of `Image.open`: that closes the list of formats
and keeps clear of Pillow's process-wide switches (registered openers, `MAX_IMAGE_PIXELS` and its
warning, which cannot be silenced for one thread alone). So every function here is thread-safe.
"""

from __future__ import annotations

import io
import logging
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from splat_widgets.files import open_file

logger = logging.getLogger(__name__)

MAX_PIXELS = 120_000_000  # a 108-megapixel phone photo passes; decoding it takes about 0.9 GB
MAX_FILE_BYTES = 50 * 2**20
MAX_ASPECT_RATIO = 50  # the short side is scaled up to `image_size`: a thread would explode
_FOCAL_35MM = (5, 3000)  # mm on 36 x 24 mm: from circular fisheyes to the longest zooms
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ANIMATED = "is animated; expected a still photo, so save one frame of it"
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_REFUSED = (  # (first bytes, what to call it)
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF or camera raw file"),
    (b"MM\0*", "a TIFF or camera raw file"),
    (b"%PDF", "a PDF"),
    (b"PK\3\4", "a zip archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"ply", "a .ply scene: open it with `splat_widgets.load`"),
)


class NamedBytes(Protocol):
    """A file that was uploaded: its name, for messages only, and its bytes."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def data(self) -> bytes | memoryview: ...  # noqa: D102


PhotoLike = (
    str | os.PathLike | bytes | bytearray | memoryview | Image.Image | np.ndarray | NamedBytes
)


class PhotoError(ValueError):
    """A photo that cannot be used, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name  # last part of the file name; plain text, not escaped for HTML
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


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
        photo: a path, bytes, PIL image, array ((H, W, 3) or (H, W); uint8 or floats in [0, 1]), or
            an upload with `name` and `data`.
        name: what to call a photo without a name.
        max_pixels: largest photo that is decoded.
        max_bytes: largest file that is read.

    Raises:
        PhotoError: if the photo cannot be used; it carries `name` and `reason`.
        TypeError: for something that is not a photo.
    """
    name = display_name(name)
    data: bytes | None = None
    if isinstance(photo, Image.Image):
        name = display_name(str(getattr(photo, "filename", "")) or name)
    elif not isinstance(photo, np.ndarray):
        name, data = _source_bytes(photo, name, max_bytes)
    try:
        if isinstance(photo, Image.Image):
            image = _check_pil(photo, name, max_pixels)
        elif isinstance(photo, np.ndarray):
            image = _from_array(photo, name, max_pixels)
        else:
            image = _decode(data or b"", name, max_pixels)
        orientation, focal_35mm = _exif(image)
        focal_px = focal_in_pixels(focal_35mm, *image.size)
        return DecodedPhoto(_upright_rgb(image, orientation), name, data, focal_px)
    except PhotoError:
        raise
    except MemoryError as error:
        raise PhotoError(name, "not enough memory to decode it; scale it down first") from error
    except Exception as error:  # decoders raise nearly anything on hostile bytes
        detail = str(error) or type(error).__name__
        raise PhotoError(name, f"cannot be read, damaged or cut off ({detail})") from error


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


def _source_bytes(photo: object, name: str, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(photo, str | os.PathLike):
        return read_photo_file(photo, max_bytes=max_bytes)
    if isinstance(photo, bytes | bytearray | memoryview):
        data = bytes(photo)
    elif isinstance(getattr(photo, "data", None), bytes | bytearray | memoryview):
        name = display_name(str(getattr(photo, "name", name)))
        data = bytes(photo.data)  # type: ignore[attr-defined]
    else:
        hint = "; give its path, or what its read() returns" if hasattr(photo, "read") else ""
        raise TypeError(
            "expected a photo as path, bytes, PIL image, numpy array or upload with `name` and "
            f"`data`, got {type(photo).__name__}{hint}"
        )
    if len(data) > max_bytes:
        raise PhotoError(name, _too_large(len(data), max_bytes))
    return name, data


def read_photo_file(
    path: str | os.PathLike[str], *, max_bytes: int = MAX_FILE_BYTES
) -> tuple[str, bytes]:
    """Name, to show, and bytes of a file on this machine; they are not decoded.

    Raises:
        PhotoError: if there is no such file, or it is larger than `max_bytes`.
    """
    name = display_name(os.fsdecode(path))
    try:
        with open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(max_bytes + 1) if size <= max_bytes else b""
    except (OSError, ValueError) as error:
        raise PhotoError(name, f"cannot be opened: {error}") from error
    size = max(size, len(data))  # it may have grown
    if size > max_bytes:
        raise PhotoError(name, _too_large(size, max_bytes))
    return name, data


def _too_large(size: int, max_bytes: int) -> str:
    return f"has {size / 2**20:,.1f} MiB, more than the limit of {max_bytes / 2**20:,.1f} MiB"


def display_name(name: object) -> str:
    """Last part of a name from outside: no folders, no control or bidirectional characters.

    Text to show, never HTML and never part of a path.
    """
    last = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""
    printable = "".join(character for character in last if character.isprintable()).strip()
    return (printable if len(printable) <= 120 else printable[:119] + "…") or "photo"


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
    opener = _opener(data, name)
    if opener is WebPImageFile:  # its decoder allocates the canvas as soon as it is opened
        _check_webp(data, name, max_pixels)
    image = opener(io.BytesIO(data))
    _check_pixels(image.size, name, max_pixels)
    if opener is PngImageFile:
        _check_still(image, name)
        image.verify()  # decoding alone skips the checksums; the object cannot be used afterwards
        image = opener(io.BytesIO(data))
    image.load()
    return image


def _opener(data: bytes, name: str) -> Callable[[IO[bytes]], Image.Image]:
    """Pillow class for the content, whatever the file is called."""
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile  # its factory would make a sequence of an MPO
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImageFile
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        try:
            from pillow_heif import HeifImageFile
        except ImportError as error:
            hint = "pip install 'splat-widgets[heif]', or save it as JPEG"
            raise PhotoError(name, f"is HEIF, which needs pillow-heif: {hint}") from error
        return HeifImageFile
    if not data:
        raise PhotoError(name, "is empty")
    raise PhotoError(name, f"is {_describe(data)}; expected a JPEG, PNG, WebP or HEIF photo")


def _describe(data: bytes) -> str:
    for signature, description in _REFUSED:
        if data.startswith(signature):
            return description
    if data[4:8] == b"ftyp":
        brand = data[8:12].decode("ascii", "replace").strip()
        return "an AVIF" if brand in ("avif", "avis") else f"a video or animation ({brand!r})"
    head = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html")):
        return "an SVG, XML or HTML text"
    return "not a picture in a known format"


def _check_webp(data: bytes, name: str, max_pixels: int) -> None:
    """Canvas size and animation flag, from the first chunk (RFC 9649, sections 2.5 to 2.7)."""
    head = data[:30].ljust(30, b"\0")
    if head[12:16] == b"VP8X":
        if head[20] & 0x02:
            raise PhotoError(name, _ANIMATED)
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
    elif head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width = int.from_bytes(head[26:28], "little") & 0x3FFF
        height = int.from_bytes(head[28:30], "little") & 0x3FFF
    _check_pixels((width, height), name, max_pixels)


def _check_still(image: Image.Image, name: str) -> None:
    if getattr(image, "n_frames", 1) > 1:
        raise PhotoError(name, _ANIMATED)


def _check_pil(image: Image.Image, name: str, max_pixels: int) -> Image.Image:
    _check_pixels(image.size, name, max_pixels)
    if image.mode == "F":  # `convert` expects 0 to 255 and would make a picture in [0, 1] black
        return _from_array(np.asarray(image), name, max_pixels)
    if image.format not in ("MPO", "HEIF"):  # these hold several stills; the current one counts
        _check_still(image, name)
    return image


def _from_array(array: np.ndarray, name: str, max_pixels: int) -> Image.Image:
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] == 3):
        hint = ""
        if array.ndim == 3 and array.shape[2] == 4:
            hint = "; drop the alpha channel with array[..., :3]"
        elif array.ndim == 3 and array.shape[0] == 3:
            hint = "; move the channels last with array.transpose(1, 2, 0)"
        raise PhotoError(name, f"expected shape (H, W, 3) or (H, W), got {array.shape}{hint}")
    _check_pixels((array.shape[1], array.shape[0]), name, max_pixels)
    if array.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(array))
    if not np.issubdtype(array.dtype, np.floating):
        raise PhotoError(name, f"expected uint8 or floats in [0, 1], got {array.dtype}")
    lowest, highest = float(array.min()), float(array.max())
    if not (lowest >= 0 and highest <= 1):  # also true for NaN
        raise PhotoError(name, f"expected floats in [0, 1], got {lowest:g} to {highest:g}")
    return Image.fromarray(np.rint(array.astype(np.float64) * 255).astype(np.uint8))


def _upright_rgb(image: Image.Image, orientation: object) -> Image.Image:
    """A new 8-bit RGB picture, turned as EXIF asks, that carries pixels and nothing else."""
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    if turn is not None:
        image = image.transpose(turn)
    if "transparency" in image.info:  # convert would warn about it and, for RGB, drop it anyway
        image = image.copy()
        del image.info["transparency"]
    rgb = image.convert("RGB")
    rgb.info = {}
    return rgb


def _exif(image: Image.Image) -> tuple[object, object]:
    """EXIF's orientation and focal length on 35 mm film; None where the file has no such entry."""
    orientation = focal_35mm = None
    try:
        exif = image.getexif()
        orientation = exif.get(Base.Orientation)
        focal_35mm = exif.get_ifd(IFD.Exif).get(Base.FocalLengthIn35mmFilm)
    except Exception as error:  # the picture is fine, and other viewers ignore the block too
        logger.debug("unreadable EXIF block ignored: %s", error)
    return orientation, focal_35mm

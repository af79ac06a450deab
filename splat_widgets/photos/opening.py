"""Photos: opened safely, turned upright, resized and cropped to a square, and traced back.

What is accepted, by content and never by file name: JPEG (of an MPO, as some cameras write, the
first picture), PNG, WebP, and HEIF when `pillow-heif` is installed; still pictures only, up to
`MAX_FILE_BYTES` and `MAX_PIXELS`. What is dropped, as the released model's loader drops it: alpha
and transparency (the colour below shows, nothing is blended), more than 8 bits per channel (16-bit
greys above 255 become white), colour profiles, and all metadata except the EXIF turn.

Photos are untrusted input. The dimensions are checked from the header, before anything is decoded.
Pillow's plugin classes are called directly instead of `Image.open`: that closes the list of formats
and keeps clear of Pillow's process-wide switches (registered openers, `MAX_IMAGE_PIXELS` and its
warning, which cannot be silenced for one thread alone). So every function here is thread-safe.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)

MAX_PIXELS = 120_000_000  # a 108-megapixel phone photo passes; about 0.4 GB while it is decoded
MAX_FILE_BYTES = 50 * 2**20
MAX_ASPECT_RATIO = 50  # the short side is scaled up to `image_size`: a thread would explode
SINGLE_PHOTO_NOTICE = (
    "Only one photo was given, so it is used for both views: depth then rests on what the model "
    "has learned alone. A second photo from about a step aside gives a better scene."
)

_EXIF_ORIENTATION = 0x0112
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
class View:
    """One photo as the network sees it: upright, resized, cropped to a square of S pixels."""

    name: str  # for messages; plain text, not escaped for HTML
    pixels: np.ndarray  # (S, S, 3) uint8 RGB, read-only
    original_size: tuple[int, int]  # (width, height) of the upright photo, px
    resized_size: tuple[int, int]  # (width, height) before the crop, px
    crop_box: tuple[int, int, int, int]  # (left, top, right, bottom) in resized px
    sha256: str | None = None  # of the source bytes; None for arrays and PIL images
    stands_in: bool = False  # True for the second view when one photo serves as both

    def to_original(
        self, row: float | np.ndarray, col: float | np.ndarray
    ) -> tuple[float | np.ndarray, float | np.ndarray]:
        """Where the centre of a pixel lies in the upright original photo.

        Args:
            row: (...) row in `pixels`; fractions allowed.
            col: (...) column in `pixels`.

        Returns:
            x and y in original pixels, from the top left corner of its top left pixel.
        """
        left, top, _, _ = self.crop_box
        x = (col + 0.5 + left) * self.original_size[0] / self.resized_size[0]
        y = (row + 0.5 + top) * self.original_size[1] / self.resized_size[1]
        return x, y

    def from_original(
        self, x: float | np.ndarray, y: float | np.ndarray
    ) -> tuple[float | np.ndarray, float | np.ndarray]:
        """Inverse of `to_original`: (row, col) with fractions; points cropped off lie outside."""
        left, top, _, _ = self.crop_box
        row = y * self.resized_size[1] / self.original_size[1] - top - 0.5
        col = x * self.resized_size[0] / self.original_size[0] - left - 0.5
        return row, col

    def tensor(self) -> Tensor:
        """(3, S, S) float32 in [0, 1], contiguous, on the CPU."""
        import torch  # only here: previews and checks of uploads work without loading it

        unit = self.pixels.astype(np.float32) / np.float32(255)
        return torch.from_numpy(np.ascontiguousarray(unit.transpose(2, 0, 1)))


def load_views(
    photos: Iterable[PhotoLike] | PhotoLike,
    *,
    image_size: int = 512,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> tuple[View, View]:
    """The two views of a scene.

    A single photo is used twice, as the released demo does; the second view then has `stands_in`
    set, and `SINGLE_PHOTO_NOTICE` says what that means.

    Args:
        photos: one or two photos: paths, bytes, PIL images, arrays ((H, W, 3) or (H, W); uint8 or
            floats in [0, 1], as PIL's mode F), or uploads with `name` and `data`.
        image_size: side of the square in pixels; 512 for the released model.
        max_pixels: largest photo that is decoded.
        max_bytes: largest file that is read.

    Raises:
        PhotoError: if a photo cannot be used; it carries `name` and `reason`.
        ValueError: for no photos or more than two.
        TypeError: for something that is no photo.
    """
    views = [
        load_view(
            photo,
            name=f"photo {number}",
            image_size=image_size,
            max_pixels=max_pixels,
            max_bytes=max_bytes,
        )
        for number, photo in enumerate(one_or_two(photos), start=1)
    ]
    if len(views) == 1:
        logger.info("%s: %s", views[0].name, SINGLE_PHOTO_NOTICE)
        return views[0], replace(views[0], stands_in=True)
    return views[0], views[1]


def one_or_two(photos: Iterable[PhotoLike] | PhotoLike) -> tuple[PhotoLike, ...]:
    """The photos of a scene, from one or several; none of them is opened.

    Raises:
        ValueError: for no photos or more than two.
    """
    if _is_one_photo(photos) or not isinstance(photos, Iterable):
        photos = [cast("PhotoLike", photos)]  # something that is no photo is refused by its type
    chosen = tuple(cast("Iterable[PhotoLike]", photos))
    if not 1 <= len(chosen) <= 2:
        raise ValueError(
            f"expected one or two photos, got {len(chosen)}; a scene is made of a pair, so choose "
            "two first, for example photos[:2]"
        )
    return chosen


def load_view(
    photo: PhotoLike,
    *,
    name: str = "photo",
    image_size: int = 512,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> View:
    """One photo, upright, resized and cropped as the released model's loader does, byte for byte.

    Args, errors and formats are those of `load_views`; `name` is what to call a photo without one.
    """
    image, name, data = _open(photo, name, max_pixels, max_bytes)
    resized_size, crop_box = square_crop(*image.size, image_size)
    # The filter follows the long sides: shrinking needs Lanczos' wider support, and the reference
    # keeps bicubic when the size stays the same.
    smaller = max(image.size) > max(resized_size)
    kernel = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    pixels = np.array(image.resize(resized_size, kernel).crop(crop_box))
    pixels.setflags(write=False)
    return View(
        name=name,
        pixels=pixels,
        original_size=image.size,
        resized_size=resized_size,
        crop_box=crop_box,
        sha256=None if data is None else hashlib.sha256(data).hexdigest(),
    )


def open_photo(
    photo: PhotoLike,
    *,
    name: str = "photo",
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_FILE_BYTES,
) -> Image.Image:
    """The whole photo, upright, 8-bit RGB, without metadata.

    Args and errors are those of `load_views`; `name` is what to call a photo without one.
    """
    return _open(photo, name, max_pixels, max_bytes)[0]


def square_crop(
    width: int, height: int, image_size: int
) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """Size after resizing and the centred square that is kept of it.

    The short side becomes `image_size`. The order of products, divisions and roundings (half to
    even) is the reference's, so that the sizes agree for every photo.

    Returns:
        (width, height) after resizing and (left, top, right, bottom) in resized pixels.
    """
    if image_size < 2 or image_size % 2:
        raise ValueError(f"expected an even image_size of at least 2 pixels, got {image_size}")
    long_side = round(image_size * max(width / height, height / width))
    longest = max(width, height)
    w, h = round(width * long_side / longest), round(height * long_side / longest)
    half = min(w // 2, h // 2)
    return (w, h), (w // 2 - half, h // 2 - half, w // 2 + half, h // 2 + half)


def _open(
    photo: PhotoLike, name: str, max_pixels: int, max_bytes: int
) -> tuple[Image.Image, str, bytes | None]:
    """Upright RGB picture, its display name, and the source bytes if it had any."""
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
        return _upright_rgb(image), name, data
    except PhotoError:
        raise
    except MemoryError as error:
        raise PhotoError(name, "not enough memory to decode it; scale it down first") from error
    except Exception as error:  # decoders raise nearly anything on hostile bytes
        detail = str(error) or type(error).__name__
        raise PhotoError(name, f"cannot be read, damaged or cut off ({detail})") from error


def _is_one_photo(photos: object) -> bool:
    if isinstance(photos, np.ndarray):
        return photos.ndim < 4  # (N, H, W, 3) is a stack of photos
    if hasattr(photos, "read"):  # an open file would give its lines
        return True
    single = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)
    return isinstance(photos, single) or (hasattr(photos, "name") and hasattr(photos, "data"))


def _source_bytes(photo: object, name: str, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(photo, str | os.PathLike):
        path = Path(os.fsdecode(photo))
        name = display_name(str(path))
        data = _read_file(path, name, max_bytes)
    elif isinstance(photo, bytes | bytearray | memoryview):
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


def _read_file(path: Path, name: str, max_bytes: int) -> bytes:
    try:
        path = path.expanduser()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or device would block or never end
            raise PhotoError(name, "is a folder or device, not a file")
        if status.st_size > max_bytes:
            raise PhotoError(name, _too_large(status.st_size, max_bytes))
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise PhotoError(name, f"no such file: {path}") from error
    except PhotoError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; no user of "~name"
        raise PhotoError(name, f"cannot be opened ({error})") from error


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
        image.verify()  # checksums, which decoding alone skips; the object is spent afterwards
        image = opener(io.BytesIO(data))
    image.load()
    return image


def _opener(data: bytes, name: str) -> Callable[[IO[bytes]], Image.Image]:
    """Pillow class for the content, whatever the file is called."""
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile  # not its factory, which would make an MPO a sequence
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
    if image.mode == "F":  # which `convert` takes to mean 0 to 255: a picture in [0, 1] is black
        return _from_array(np.asarray(image), name, max_pixels)
    if image.format not in ("MPO", "HEIF"):  # several stills, of which the current one counts
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


def _upright_rgb(image: Image.Image) -> Image.Image:
    """A new 8-bit RGB picture, turned as EXIF asks, that carries pixels and nothing else."""
    turn = _TURNS.get(_orientation(image))
    if turn is not None:
        image = image.transpose(turn)
    if "transparency" in image.info:  # convert would warn about it and, for RGB, drop it anyway
        image = image.copy()
        del image.info["transparency"]
    rgb = image.convert("RGB")
    rgb.info = {}
    return rgb


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 for a block that is missing, damaged or senseless."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception as error:  # the picture is fine, and viewers show it untouched as well
        logger.debug("unreadable EXIF block ignored: %s", error)
        return 1
    return value if isinstance(value, int) else 1

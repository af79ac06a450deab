"""Photos as PNG or JPEG, in the archive of a scene."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Literal

import numpy as np
from PIL import Image

from splat_widgets.io.scenefile.errors import SceneFileError

THREADS = 2  # that pack pictures beside the one that writes tensors, or read both
SMALL_PX = 256  # longer side of thumbnails
_MAX_SIDE_PX = 4096  # `Photo.whole` has 1024 at most, a crop what `image_size` allows
_PNG = b"\x89PNG\r\n\x1a\n"
_KINDS = {".png": ("PNG",), ".jpg": ("JPEG",)}

PhotoQuality = Literal["full", "small"]
"""Photos as the scene has them, without loss, or as JPEG, the whole ones of 256 px at most."""


def encoded(
    pixels: np.ndarray, quality: PhotoQuality, *, is_whole: bool, fast: bool = False
) -> tuple[str, bytes]:
    """Suffix and content of a picture's file.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        quality: "full" keeps every pixel.
        is_whole: a whole photo, which "small" makes smaller; a crop keeps the size of its maps.
        fast: a PNG that is not compressed: twice as large, in a twentieth of the time.
    """
    if quality == "full" and fast:
        return ".png", _raw_png(pixels)
    picture, file = Image.fromarray(pixels), io.BytesIO()
    if quality == "full":
        # Runs alone: twice as fast as matches further back, which photos hardly have, and smaller.
        picture.save(file, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
        return ".png", file.getvalue()
    if is_whole:
        picture.thumbnail((SMALL_PX, SMALL_PX))
    picture.save(file, "JPEG", quality=85)
    return ".jpg", file.getvalue()


def num_pixels(name: str, file: IO[bytes]) -> int:
    """How many pixels a picture says it has.

    Raises:
        SceneFileError: if it is none or larger than a scene's pictures are.
    """
    with _opened(name, file) as picture:
        return picture.width * picture.height


def decoded(name: str, data: bytes | bytearray) -> np.ndarray:
    """(H, W, 3) uint8 RGB, read-only, of a picture's file; its suffix says the kind.

    Raises:
        SceneFileError: if it cannot be read or is larger than a scene's pictures are.
    """
    with _opened(name, io.BytesIO(data)) as picture:
        pixels = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    pixels.setflags(write=False)
    return pixels


def _raw_png(pixels: np.ndarray) -> bytes:
    """A PNG of plain rows; Pillow tries five filters on each row, also where nothing is compressed.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # the first byte of each: no filter
    rows[:, 1:] = pixels.reshape(height, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(data, zlib.crc32(kind))
        return len(data).to_bytes(4) + kind + data + checksum.to_bytes(4)

    head = chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0]))
    return _PNG + head + chunk(b"IDAT", zlib.compress(rows.data, 0)) + chunk(b"IEND", b"")


@contextmanager
def _opened(name: str, file: IO[bytes]) -> Iterator[Image.Image]:
    """A picture, with whatever its parser raises as `SceneFileError`."""
    kinds = _KINDS["." + name.rpartition(".")[2]]
    try:
        with Image.open(file, formats=kinds) as picture:
            if max(picture.size) > _MAX_SIDE_PX:
                raise SceneFileError(f"its picture {name!r} has {picture.size} px")
            yield picture
    except SceneFileError:
        raise
    except Exception as error:  # Pillow raises what its parsers raise
        raise SceneFileError(f"its picture {name!r} is damaged ({error})") from error

"""Photos as PNG or JPEG, in the archive of a scene."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
from PIL import Image

from splat_widgets.io.scenefile.errors import SceneFileError

SMALL_PX = 256  # longer side of thumbnails
_MAX_SIDE_PX = 4096  # `Photo.whole` has 1024 at most, a crop what `image_size` allows
_KINDS = {".png": ("PNG",), ".jpg": ("JPEG",)}

PhotoQuality = Literal["full", "small"]
"""Photos as the scene has them, without loss, or as JPEG, the whole ones of 256 px at most."""


def encoded(pixels: np.ndarray, quality: PhotoQuality, *, is_whole: bool) -> tuple[str, bytes]:
    """Suffix and content of a picture's file.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        quality: "full" keeps every pixel.
        is_whole: a whole photo, which "small" makes smaller; a crop keeps the size of its maps.
    """
    picture, file = Image.fromarray(pixels), io.BytesIO()
    if quality == "full":
        picture.save(file, "PNG", compress_level=1)
        return ".png", file.getvalue()
    if is_whole:
        picture.thumbnail((SMALL_PX, SMALL_PX))
    picture.save(file, "JPEG", quality=85)
    return ".jpg", file.getvalue()


def decoded(name: str, data: bytes) -> np.ndarray:
    """(H, W, 3) uint8 RGB, read-only, of a picture's file; its suffix says the kind.

    Raises:
        SceneFileError: if it cannot be read or is larger than a scene's pictures are.
    """
    kinds = _KINDS["." + name.rpartition(".")[2]]
    try:
        with Image.open(io.BytesIO(data), formats=kinds) as picture:
            if max(picture.size) > _MAX_SIDE_PX:
                raise SceneFileError(f"its picture {name!r} has {picture.size} px")
            pixels = np.array(picture.convert("RGB"))
    except SceneFileError:
        raise
    except Exception as error:  # Pillow raises what its parsers raise
        raise SceneFileError(f"its picture {name!r} is damaged ({error})") from error
    pixels.setflags(write=False)
    return pixels

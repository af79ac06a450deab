"""An uploaded photo: the bytes of its file, kept in memory."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image

from splat_widgets.photos.opening import open_photo

THUMBNAIL_PX = 448  # long side: sharp on a card of 180 px with two device pixels each


@dataclass(frozen=True)
class PhotoFile:
    """The file of one photo; `splat_widgets.reconstruct` takes it as a photo."""

    name: str  # last part of the name that the browser gave; for display, never a path
    data: bytes = field(repr=False, compare=False)  # the file's bytes
    sha256: str  # of `data`, hexadecimal
    width: int  # of the upright photo, px
    height: int  # of the upright photo, px

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return len(self.data)


@dataclass(frozen=True)
class PhotoProblem:
    """A file that was refused, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def examine(name: str, data: bytes, *, max_bytes: int) -> tuple[PhotoFile, bytes]:
    """Check that a file is a usable photo, by decoding it once.

    Returns:
        The photo's file, and a small upright JPEG of it.

    Raises:
        PhotoError: if the file cannot be used as a photo.
    """
    image = open_photo(data, name=name, max_bytes=max_bytes)
    photo = PhotoFile(name, data, hashlib.sha256(data).hexdigest(), *image.size)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BILINEAR, reducing_gap=2)
    thumbnail = io.BytesIO()
    image.save(thumbnail, "JPEG", quality=85)
    return photo, thumbnail.getvalue()

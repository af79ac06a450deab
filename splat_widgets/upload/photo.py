"""A photo as it was uploaded: its bytes in memory, never a file."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image

from splat_widgets.photos.opening import open_photo

THUMBNAIL_PX = 448  # long side: sharp on a card of 180 px with two device pixels each


@dataclass(frozen=True)
class PhotoFile:
    """One uploaded photo. It can be handed to `splat_widgets.reconstruction` as it is."""

    name: str  # as the browser called it, last part only; for display, never a path
    data: bytes = field(repr=False, compare=False)  # the file's bytes, untouched
    sha256: str  # of `data`, hexadecimal
    width: int  # of the upright photo, px
    height: int  # of the upright photo, px

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return len(self.data)


@dataclass(frozen=True)
class PhotoProblem:
    """A file that was not taken, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def examine(name: str, data: bytes, *, max_bytes: int) -> tuple[PhotoFile, bytes]:
    """Decode a file once, to know that it is a usable photo.

    Returns:
        The photo, and a small upright JPEG of it.

    Raises:
        PhotoError: if the file is no photo that can be used.
    """
    image = open_photo(data, name=name, max_bytes=max_bytes)
    photo = PhotoFile(name, data, hashlib.sha256(data).hexdigest(), *image.size)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BILINEAR, reducing_gap=2)
    thumbnail = io.BytesIO()
    image.save(thumbnail, "JPEG", quality=85)
    return photo, thumbnail.getvalue()

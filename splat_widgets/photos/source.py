"""What a caller gives as a photo: its name, to show, and its bytes; nothing is decoded here."""

from __future__ import annotations

import os
import re
from typing import Protocol

import numpy as np
from PIL import Image

from splat_widgets.files import open_file
from splat_widgets.sizes import format_bytes

MAX_FILE_BYTES = 50 * 10**6


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


class Unusable(ValueError):
    """Why a photo cannot be used; `PhotoError` says it with the photo's name before it."""


def display_name(name: object) -> str:
    """Last part of a name from outside: no folders, no control or bidirectional characters.

    Text to show, never HTML and never part of a path.
    """
    last = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""
    printable = "".join(character for character in last if character.isprintable()).strip()
    return (printable if len(printable) <= 120 else printable[:119] + "…") or "photo"


def source_bytes(photo: object, name: str, max_bytes: int) -> tuple[str, bytes]:
    """Name and bytes of a path, of bytes, or of an upload with `name` and `data`.

    Raises:
        PhotoError: if the file cannot be read, or is larger than `max_bytes`.
        TypeError: for something that is not a photo.
    """
    if isinstance(photo, str | os.PathLike):
        return read_photo_file(photo, max_bytes=max_bytes)
    if isinstance(photo, bytes | bytearray | memoryview):
        data = bytes(photo)
    elif isinstance(getattr(photo, "data", None), bytes | bytearray | memoryview):
        name = display_name(str(getattr(photo, "name", "") or name))
        data = bytes(photo.data)  # type: ignore[attr-defined]
    else:
        raise TypeError(
            "expected a photo as path, bytes, PIL image, numpy array, torch tensor or upload with "
            f"`name` and `data`, got {type(photo).__name__}"
        )
    if len(data) > max_bytes:
        raise PhotoError(name, _too_large(len(data), max_bytes))
    return name, data


def read_photo_file(
    path: str | os.PathLike[str], *, max_bytes: int = MAX_FILE_BYTES
) -> tuple[str, bytes]:
    """Name, to show, and bytes of a file on this machine.

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
    return f"has {format_bytes(size)}, more than the limit of {format_bytes(max_bytes)}"

"""What people hand over as photos: a folder, tensors, open files, an upload widget and its value.

`listed` makes single photos of it, `plain` makes of each what `photos/opening.py` decodes. Neither
opens a picture, and torch and ipywidgets are not imported for it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import TextIOBase
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from PIL import Image

from splat_widgets.files import local_path
from splat_widgets.photos.source import PhotoLike

_IN_FOLDER = (".jpg", ".jpeg", ".jpe", ".mpo", ".png", ".webp", ".heic", ".heif", ".hif")
_HOLDERS = ("selected_photos", "value")  # of an UploadPanel, and of ipywidgets' FileUpload


@dataclass(frozen=True)
class Upload:
    """One file of an upload widget, or an open file: its name, for messages, and its bytes."""

    name: str
    data: bytes = field(repr=False)


def listed(photos: Iterable[PhotoLike] | PhotoLike) -> tuple[PhotoLike, ...]:
    """The photos of a scene, from one or several; none of them is opened.

    Args:
        photos: one photo or several; the folder that holds them, whose pictures are taken in the
            order of their names, numbers by their value; a batch (N, 3, H, W) or (N, H, W, 3); an
            upload widget or its `value`.

    Raises:
        ValueError: for no photos.
    """
    given: Any = photos
    for holder in _HOLDERS:
        if not isinstance(given, Iterable) and hasattr(given, holder):
            given = getattr(given, holder)
    folder = _folder(given)
    if folder is not None:
        return _of_folder(folder)
    if isinstance(given, Mapping) and not _is_upload(given):
        found = list(uploads(given)) if all(map(_is_upload, given.values())) else [given]
    elif _is_one(given) or not isinstance(given, Iterable):
        found = [given]  # opening refuses what is not a photo, by its type
    else:
        found = list(given)
    if not found:
        raise ValueError("expected at least one photo, got none; pass its path, for example")
    return tuple(cast("list[PhotoLike]", found))


def plain(photo: Any, max_bytes: int) -> Any:
    """A tensor as an array with channels last, an upload or open file as name and bytes.

    Args:
        photo: anything; what is nothing of that sort is returned as it is.
        max_bytes: an open file is read to one byte more than this.

    Raises:
        TypeError: for a file that was opened as text.
    """
    if _is_tensor(photo):
        return _array(photo)
    if isinstance(photo, np.ndarray):
        return photo[0] if photo.ndim == 4 and len(photo) == 1 else photo
    if _is_upload(photo):
        return next(uploads([photo]))
    if hasattr(photo, "read") and not isinstance(photo, Image.Image):
        return _read(photo, max_bytes)
    return photo


def uploads(value: Any) -> Iterator[Upload]:
    """The files of `FileUpload.value`: a dict by name in ipywidgets 7, a tuple of dicts in 8."""
    named = value.items() if isinstance(value, Mapping) else ((None, file) for file in value)
    for name, file in named:
        name = name or file.get("name") or file.get("metadata", {}).get("name", "")
        yield Upload(str(name), bytes(file["content"]))


def _folder(given: Any) -> Path | None:
    if isinstance(given, str | os.PathLike) and os.fspath(given):
        with suppress(ValueError, OSError):  # opening says what is wrong with the path
            path = local_path(given)
            return path if path.is_dir() else None
    return None


def _of_folder(folder: Path) -> tuple[Path, ...]:
    there = [path for path in folder.iterdir() if path.suffix.lower() in _IN_FOLDER]
    found = sorted((p for p in there if p.is_file() and p.name[0] != "."), key=_by_number)
    if not found:
        raise ValueError(
            f"expected photos in the folder {folder}, found none whose name ends in "
            f"{', '.join(_IN_FOLDER)}"
        )
    return tuple(found)


def _by_number(path: Path) -> list[tuple[int, str]]:
    """`photo2` before `photo10`."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _is_one(photos: Any) -> bool:
    if isinstance(photos, np.ndarray) or _is_tensor(photos):
        return photos.ndim < 4  # else a stack of photos
    if hasattr(photos, "read"):  # an open file would give its lines
        return True
    single = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image, Mapping)
    return isinstance(photos, single) or (hasattr(photos, "name") and hasattr(photos, "data"))


def _is_upload(photo: Any) -> bool:
    return isinstance(photo, Mapping) and isinstance(
        photo.get("content"), bytes | bytearray | memoryview
    )


def _is_tensor(photo: Any) -> bool:
    torch = sys.modules.get("torch")  # who has a tensor has loaded it
    return torch is not None and isinstance(photo, torch.Tensor)


def _array(tensor: Any) -> np.ndarray:
    """A tensor's picture: channels first, as torch has them, unless only the last axis has three.

    (3, H, W), (1, H, W) and (H, W, 3), also in a batch of one; on any device, in any type.
    """
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.float()  # numpy has no bfloat16
    array = tensor.numpy()
    if array.ndim == 4 and len(array) == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[0] == 1 and array.shape[2] != 3:
        return array[0]
    is_first = array.ndim == 3 and (array.shape[0] == 3 or array.shape[2] > 4)
    return array.transpose(1, 2, 0) if is_first else array


def _read(file: IO[bytes], max_bytes: int) -> Upload:
    """The whole of an open file, wherever it was read to."""
    if getattr(file, "seekable", lambda: False)():
        file.seek(0)
    data = "" if isinstance(file, TextIOBase) else file.read(max_bytes + 1)
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(
            f"expected a photo's file opened for reading bytes, got a {type(file).__name__} that "
            f"gives {type(data).__name__}; open(path, 'rb') does, or give the path"
        )
    name = getattr(file, "name", "")
    return Upload(name if isinstance(name, str) else "", bytes(data))

"""Scenes from `.splatscene` files."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import numpy as np

from splat_widgets.files import open_file
from splat_widgets.io.plain import plain_path
from splat_widgets.io.room import check_bytes
from splat_widgets.io.scenefile import pictures, tensors
from splat_widgets.io.scenefile.codec import decode
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.io.scenefile.layout import FORMAT, JSON, TENSORS, VERSION
from splat_widgets.io.scenefile.soundness import check
from splat_widgets.scene.scene import Scene

_MAX_JSON_BYTES = 64 * 2**20
_MAX_PICTURE_BYTES = 64 * 2**20
_MAX_PIXELS = 128 * 2**20  # of all pictures: ten photos have 20 million


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """All of a scene, with its own attributes registered for it.

    Args:
        path: of the file.
        on_bad: has no meaning here: a scene file holds what the scene held.
        activated: must be empty: a scene file holds plain values.

    Raises:
        ValueError: for names in `activated`.
        SceneFileError: for a file that is damaged, cut off, of a newer version or none of ours.
        OSError: if the file cannot be opened.
    """
    path = plain_path(path, activated, "a .splatscene")
    with open_file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                parts = _parts(archive, file.seek(0, os.SEEK_END))
                return _scene(archive, parts, path)
        except SceneFileError as error:
            raise SceneFileError(error.reason, path) from error
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            # zipfile's own words: of its checksums, of compression and encryption it cannot read
            raise SceneFileError(
                f"expected a scene as `sw.save` writes it, got a file that is damaged, cut off or "
                f"no archive ({error})",
                path,
            ) from error


def _parts(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The parts by name, which are stored as they are and lie within the file."""
    parts: dict[str, zipfile.ZipInfo] = {}
    for part in archive.infolist():
        if part.compress_type != zipfile.ZIP_STORED or part.flag_bits & 1:
            raise SceneFileError(f"its part {part.filename[:80]!r} is compressed or encrypted")
        if part.filename in parts:
            raise SceneFileError(f"it has two parts {part.filename[:80]!r}")
        if part.file_size != part.compress_size or part.file_size > size:
            raise SceneFileError(f"its part {part.filename[:80]!r} does not fit into the file")
        parts[part.filename] = part
    for name in (JSON, TENSORS):
        if name not in parts:
            found = ", ".join(list(parts)[:5]) or "nothing"
            raise SceneFileError(f"expected a scene with {name!r} in it, found {found}")
    return parts


def _scene(archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo], path: Path) -> Scene:
    whole = _json(_content(archive, parts[JSON], _MAX_JSON_BYTES))
    entries = {way: _entry(parts, entry) for way, entry in whole["pictures"].items()}
    if sum(_num_pixels(archive, part) for part, _ in entries.values()) > _MAX_PIXELS:
        raise SceneFileError(f"expected pictures of at most {_MAX_PIXELS:,} pixels, got more")
    size = parts[TENSORS].file_size
    check_bytes(size * 3 // 2, f"{size:,} bytes of tensors", path)
    with ThreadPoolExecutor(pictures.THREADS) as pool, archive.open(parts[TENSORS]) as file:
        unpacked = {way: pool.submit(_picture, archive, *entry) for way, entry in entries.items()}
        values = tensors.read(file, size)
        found = {way: picture.result() for way, picture in unpacked.items()}
    contents = decode(whole["contents"], values, found)
    check(contents)
    try:
        return contents.scene(path)
    except ValueError as error:  # parts that do not belong to each other
        raise SceneFileError(f"its parts do not belong together: {error}") from error


def _json(data: bytes) -> dict[str, Any]:
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SceneFileError(f"its {JSON} is damaged ({error})") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise SceneFileError(f"expected a {FORMAT}, got an archive of something else")
    version = whole.get("version")
    if type(version) is not int or version > VERSION:
        raise SceneFileError(
            f"expected version {VERSION} or older, got {str(version)[:20]} "
            f"(written by {str(whole.get('written_by'))[:40]}); update splat_widgets to open it"
        )
    if not isinstance(whole.get("pictures"), dict) or "contents" not in whole:
        raise SceneFileError(f"its {JSON} lacks the scene's contents or pictures")
    return whole


def _entry(parts: Mapping[str, zipfile.ZipInfo], entry: Any) -> tuple[zipfile.ZipInfo, str]:
    """A picture's part, and its checksum as it was written."""
    name = entry.get("file") if isinstance(entry, dict) else None
    if not isinstance(name, str) or name not in parts or not name.endswith((".png", ".jpg")):
        raise SceneFileError(f"expected a picture, found none at {str(name)[:80]!r}")
    return parts[name], str(entry.get("sha256"))


def _num_pixels(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    with archive.open(part) as file:
        return pictures.num_pixels(part.filename, file)


def _picture(archive: zipfile.ZipFile, part: zipfile.ZipInfo, sha256: str) -> np.ndarray:
    data = _content(archive, part, _MAX_PICTURE_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SceneFileError(f"the photo {part.filename!r} does not belong to this scene")
    return pictures.decoded(part.filename, data)


def _content(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limit: int) -> bytes:
    if part.file_size > limit:
        raise SceneFileError(f"its part {part.filename!r} is larger than {limit:,} bytes")
    file: IO[bytes]
    with archive.open(part) as file:
        return file.read()

"""Scenes from `.splatscene` files."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.files import open_file
from splat_widgets.io.plain import plain_path
from splat_widgets.io.room import check_bytes
from splat_widgets.io.scenefile import pictures, tensors
from splat_widgets.io.scenefile.archive import Archive, Part
from splat_widgets.io.scenefile.codec import decode
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.io.scenefile.layout import FORMAT, JSON, MAX_JSON_BYTES, TENSORS, VERSION
from splat_widgets.io.scenefile.soundness import check
from splat_widgets.scene.scene import Scene

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
            return _scene(Archive(file), path)
        except SceneFileError as error:
            raise SceneFileError(error.reason, path) from error
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            # zipfile's own words: of compression and encryption that it cannot read
            raise SceneFileError(
                f"expected a scene as `sw.save` writes it, got a file that is damaged, cut off or "
                f"no archive ({error})",
                path,
            ) from error


def _scene(archive: Archive, path: Path) -> Scene:
    whole = _json(archive.content(archive[JSON], MAX_JSON_BYTES))
    entries = {way: _entry(archive, entry) for way, entry in whole["pictures"].items()}
    if sum(_num_pixels(archive, part) for part, _ in entries.values()) > _MAX_PIXELS:
        raise SceneFileError(f"expected pictures of at most {_MAX_PIXELS:,} pixels, got more")
    size = archive[TENSORS].size
    check_bytes(size * 3 // 2, f"{size:,} bytes of tensors", path)
    with ThreadPoolExecutor(pictures.THREADS) as pool:
        unpacked = {way: pool.submit(_picture, archive, *entry) for way, entry in entries.items()}
        values = tensors.read(archive, archive[TENSORS], pool)
        found = {way: picture.result() for way, picture in unpacked.items()}
    contents = decode(whole["contents"], values, found)
    check(contents)
    try:
        return contents.scene(path)
    except ValueError as error:  # parts that do not belong to each other
        raise SceneFileError(f"its parts do not belong together: {error}") from error


def _json(data: bytearray) -> dict[str, Any]:
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SceneFileError(f"its {JSON} is damaged ({error})") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise SceneFileError(f"expected a {FORMAT}, got an archive of something else")
    version = whole.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        advice = "update splat_widgets to open it"
        if type(version) is not int or version < 1:
            advice = "there is none such: save the scene again where it was made"
        raise SceneFileError(
            f"expected a version from 1 to {VERSION}, got {str(version)[:20]} "
            f"(written by {str(whole.get('written_by'))[:40]}); {advice}"
        )
    if not isinstance(whole.get("pictures"), dict) or "contents" not in whole:
        raise SceneFileError(f"its {JSON} lacks the scene's contents or pictures")
    return whole


def _entry(archive: Archive, entry: Any) -> tuple[Part, str]:
    """A picture's part, and its checksum as it was written."""
    name = entry.get("file") if isinstance(entry, dict) else None
    if not isinstance(name, str) or name not in archive or not name.endswith((".png", ".jpg")):
        raise SceneFileError(f"expected a picture, found none at {str(name)[:80]!r}")
    return archive[name], str(entry.get("sha256"))


def _num_pixels(archive: Archive, part: Part) -> int:
    with archive.opened(part) as file:
        return pictures.num_pixels(part.name, file)


def _picture(archive: Archive, part: Part, sha256: str) -> np.ndarray:
    data = archive.content(part, _MAX_PICTURE_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SceneFileError(f"the photo {part.name!r} does not belong to this scene")
    return pictures.decoded(part.name, data)

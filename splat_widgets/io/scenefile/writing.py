"""Scenes to `.splatscene` files."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.files import local_path, replacing
from splat_widgets.io import ply
from splat_widgets.io.scenefile import pictures, tensors
from splat_widgets.io.scenefile.ahead import Ahead
from splat_widgets.io.scenefile.codec import Encoded, encode
from splat_widgets.io.scenefile.contents import Contents
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.io.scenefile.layout import FORMAT, JSON, MAX_JSON_BYTES, PLY, TENSORS, VERSION
from splat_widgets.io.scenefile.pictures import PhotoQuality
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.version import __version__

_LITTLE = 10  # bytes of tensors to one of raw pictures
_MODE = 0o644 << 16  # of the parts, once they are unpacked


def write(
    path: str | os.PathLike[str],
    scene: SceneLike,
    *,
    comments: Iterable[str] = (),
    photos: PhotoQuality = "full",
) -> Path:
    """Write all of a scene, all or nothing.

    Args:
        path: where to. Missing folders are made.
        scene: what `Scene.of` takes; of an inspector, its selection, settings and steps are kept.
        comments: further lines for the `.ply` in it.
        photos: "full" keeps the photos as the scene has them; "small" keeps thumbnails.

    Returns:
        The path written.

    Raises:
        SceneFileError: for something that a file cannot keep.
        ValueError: for another `photos`.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    if photos not in ("full", "small"):
        raise ValueError(f"expected photos='full' or 'small', got {photos!r}")
    path, known = local_path(path), with_inspection(scene)
    encoded = encode(Contents.of(known))
    with (
        replacing(path) as partial,
        zipfile.ZipFile(partial, "x", zipfile.ZIP_STORED, allowZip64=True) as archive,
        ThreadPoolExecutor(pictures.THREADS) as pool,
    ):
        rows = ply.Parts(known, comments) if ply.can_hold(known.gaussians) else ()
        parts = Ahead(rows, pool)
        fast = _is_small_part(encoded)
        packed = {
            way: pool.submit(_packed, pixels, photos, is_whole=way.endswith("whole"), fast=fast)
            for way, pixels in encoded.pictures.items()
        }
        with archive.open(_part(TENSORS), "w", force_zip64=True) as file:
            tensors.write(file, encoded.tensors)
        if rows:
            with archive.open(_part(PLY), "w", force_zip64=True) as file:
                for part in parts:
                    file.write(part)
        index: dict[str, dict[str, str]] = {}
        for way, picture in packed.items():
            suffix, data, sha256 = picture.result()
            name = f"photos/{len(index)}{suffix}"
            index[way] = {"file": name, "sha256": sha256}
            archive.writestr(_part(name), data)
        archive.writestr(_part(JSON), _json(encoded.tree, index))
    return path


def _is_small_part(encoded: Encoded) -> bool:
    """Whether pictures are so little of the file that compressing them is not worth its time."""
    pixels = sum(one.nbytes for one in encoded.pictures.values())
    return _LITTLE * pixels < sum(one.nbytes for one in encoded.tensors.values())


def _packed(
    pixels: np.ndarray, photos: PhotoQuality, *, is_whole: bool, fast: bool
) -> tuple[str, bytes, str]:
    """Suffix, content and checksum of a picture's file."""
    suffix, data = pictures.encoded(pixels, photos, is_whole=is_whole, fast=fast)
    return suffix, data, hashlib.sha256(data).hexdigest()


def with_inspection(given: SceneLike) -> Scene:
    """A scene with what its inspector is at; else with what the file that it was read from kept."""
    scene, tell = Scene.of(given), getattr(type(given), "__inspection__", None)
    return scene if tell is None else replace(scene, inspection=tell(given))


def _part(name: str) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(name)  # with a fixed date: equal scenes make equal files
    part.external_attr = _MODE
    return part


def _json(tree: Any, index: dict[str, dict[str, str]]) -> str:
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"splat_widgets {__version__}",
        "pictures": index,
        "contents": tree,
    }
    text = json.dumps(whole, indent=1, allow_nan=False)
    if len(text) > MAX_JSON_BYTES:
        raise SceneFileError(
            f"expected a {JSON} of at most {MAX_JSON_BYTES:,} bytes, which readers open, got "
            f"{len(text):,}; save `inspector.scene` instead of the inspector, or with fewer texts"
        )
    return text

"""`.sog` files to scenes."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.conventions import MAX_SH_DEGREE, sh_coefficients
from splat_widgets.io.errors import FormatError
from splat_widgets.io.plain import plain_path
from splat_widgets.io.room import check_room
from splat_widgets.io.sog.pictures import Parts, parts_of, picture
from splat_widgets.io.values import Values, check_count, scene_of
from splat_widgets.scene.scene import Scene
from splat_widgets.sizes import format_bytes

META = "meta.json"
PALETTE_COLUMNS = 64  # sets of harmonics in a row of the palette's picture
LARGEST_TAG = 252  # alpha of a rotation whose w is the largest component; then x, y, z
_MAX_META_BYTES = 16 * 10**6


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """The scene in a `.sog`, or of the `meta.json` of an unpacked one; arguments as in `io.read`.

    Raises:
        FormatError: for a file that is damaged, cut off, newer, or without its pictures.
        ValueError: for names in `activated`.
        OSError: if the file cannot be opened.
    """
    path = plain_path(path, activated, "a .sog")
    get, text, size = parts_of(path, META)
    if len(text) > _MAX_META_BYTES:
        raise FormatError(f"its {META} is larger than {format_bytes(_MAX_META_BYTES)}", path)
    try:
        meta = json.loads(text)
        version = meta.get("version", 1)
        if version not in (1, 2):
            raise FormatError(f"expected version 1 or 2, got {str(version)[:20]}", path)
        count = meta["count"] if version == 2 else meta["means"]["shape"][0]
        if not isinstance(count, int) or count < 0:
            raise FormatError(f"expected a number of Gaussians, got {str(count)[:20]}", path)
        check_count(count, size, path)
        check_room(count, sh_coefficients(MAX_SH_DEGREE if meta.get("shN") else 0), path)
        values = _values(get, meta, count, version, path)
    except FormatError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise FormatError(
            f"its {META} is damaged ({type(error).__name__}: {error})", path
        ) from error
    return scene_of(path, values, on_bad=on_bad)


@np.errstate(all="ignore")  # damaged numbers are found among the rows
def _values(get: Parts, meta: Mapping[str, Any], count: int, version: int, path: Path) -> Values:
    def pixels(part: str, number: int = 0) -> np.ndarray:
        return picture(get, meta[part]["files"][number], path, count)

    low, high = (pixels("means", number)[:, :3].astype(np.uint16) for number in (0, 1))
    steps = (high << np.uint16(8) | low) / np.float32(65535)
    logs = _between(meta["means"], steps)
    means = np.sign(logs) * np.expm1(np.abs(logs))
    color = pixels("sh0")
    if version == 2:
        scales = _codebook(meta["scales"], pixels("scales")[:, :3], path)
        dc = _codebook(meta["sh0"], color[:, :3], path)
        opacities = color[:, 3] / np.float32(255)
    else:
        scales = _between(meta["scales"], pixels("scales")[:, :3] / np.float32(255))
        four = _between(meta["sh0"], color / np.float32(255))
        dc, opacities = four[:, :3], 1 / (1 + np.exp(-four[:, 3]))
    rest = _harmonics(get, meta["shN"], count, version, path) if meta.get("shN") else None
    return Values(
        means.astype(np.float32),
        np.exp(scales).astype(np.float32),
        _rotations(pixels("quats"), path),
        opacities.astype(np.float32),
        dc[:, None] if rest is None else np.concatenate([dc[:, None], rest], axis=1),
    )


def _between(part: Mapping[str, Any], shares: np.ndarray) -> np.ndarray:
    """Of shares (N, C) between the part's lowest and highest values, one of each a column."""
    low, high = (np.asarray(part[end], np.float32) for end in ("mins", "maxs"))
    return low + (high - low) * shares


def _codebook(part: Mapping[str, Any], places: np.ndarray, path: Path) -> np.ndarray:
    book = np.asarray(part["codebook"], np.float32)
    if book.shape != (256,):
        raise FormatError(f"expected codebooks of 256 numbers, got {book.shape}", path)
    return book[places]


def _rotations(pixels: np.ndarray, path: Path) -> np.ndarray:
    """(N, 4) wxyz."""
    largest = pixels[:, 3].astype(np.intp) - LARGEST_TAG
    if (largest < 0).any():
        raise FormatError("its rotations do not say which component is the largest", path)
    rest = (pixels[:, :3].astype(np.float32) / 255 - 0.5) * np.float32(np.sqrt(2))
    others = np.stack([np.delete(np.arange(4), axis) for axis in range(4)])[largest]
    found = np.empty((len(pixels), 4), np.float32)
    np.put_along_axis(found, others, rest, axis=1)
    missing = np.sqrt((1 - (rest**2).sum(axis=1)).clip(0))
    np.put_along_axis(found, largest[:, None], missing[:, None], axis=1)
    return found


def _harmonics(
    get: Parts, part: Mapping[str, Any], count: int, version: int, path: Path
) -> np.ndarray:
    """(N, K - 1, 3); zeros where a label names no set of the palette."""
    centroids = picture(get, part["files"][0], path)
    labels = picture(get, part["files"][1], path, count).astype(np.intp)
    widths = [PALETTE_COLUMNS * (sh_coefficients(degree) - 1) for degree in (1, 2, 3)]
    height, width = centroids.shape[:2]
    if width not in widths:
        raise FormatError(f"expected a palette {widths} pixels wide, got {width}", path)
    sets = centroids[:, :, :3].reshape(height * PALETTE_COLUMNS, width // PALETTE_COLUMNS, 3)
    if version == 2:
        palette = _codebook(part, sets, path)
    else:
        low, high = float(part["mins"]), float(part["maxs"])
        palette = low + (high - low) * (sets / np.float32(255))
    place = labels[:, 0] | labels[:, 1] << 8
    known = place < len(palette)
    return np.where(known[:, None, None], palette[np.where(known, place, 0)], 0).astype(np.float32)

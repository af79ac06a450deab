"""Scenes to `.sog` files, version 2."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.files import local_path, replacing
from splat_widgets.io.errors import FormatError
from splat_widgets.io.morton import morton_order
from splat_widgets.io.sog.codebooks import codebook, palette, places
from splat_widgets.io.sog.pictures import encoded
from splat_widgets.io.sog.reading import LARGEST_TAG, META, PALETTE_COLUMNS
from splat_widgets.io.splat import to_bytes
from splat_widgets.io.values import Values, values_of
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.version import __version__

_MOST_SETS = 2**16
_MOST_ROWS = 16_383**2  # pixels of the largest WebP
_MODE = 0o644 << 16  # of the parts, once they are unpacked


def write(path: str | os.PathLike[str], scene: SceneLike, *, comments: Iterable[str] = ()) -> Path:
    """Write a scene as a `.sog`, all or nothing; it has no place for comments.

    Its rows get another order.

    Raises:
        FormatError: for values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, values = local_path(path), values_of(Scene.of(scene))
    if len(values) > _MOST_ROWS:
        raise FormatError(f"expected at most {_MOST_ROWS:,} Gaussians, got {len(values):,}")
    values = values.at(morton_order(values.means))
    meta: dict[str, Any] = {
        "version": 2,
        "asset": {"generator": f"splat_widgets {__version__}"},
        "count": len(values),
    }
    with (
        replacing(path) as partial,
        zipfile.ZipFile(partial, "x", zipfile.ZIP_STORED, allowZip64=True) as archive,
    ):

        def keep(name: str, pixels: np.ndarray) -> str:
            archive.writestr(_part(name), encoded(pixels))
            return name

        meta["means"] = _means(values, keep)
        book = codebook(logs := np.log(values.scales))
        scales = keep("scales.webp", _picture(places(logs, book)))
        meta["scales"] = {"codebook": book.tolist(), "files": [scales]}
        meta["quats"] = {"files": [keep("quats.webp", _picture(_rotations(values.quaternions)))]}
        book = codebook(values.sh[:, 0])
        color = np.column_stack([places(values.sh[:, 0], book), to_bytes(values.opacities)])
        meta["sh0"] = {"codebook": book.tolist(), "files": [keep("sh0.webp", _picture(color))]}
        if values.degree and len(values):
            meta["shN"] = _harmonics(values, keep)
        archive.writestr(_part(META), json.dumps(meta, allow_nan=False))
    return path


def _means(values: Values, keep: Any) -> dict[str, Any]:
    means = values.means.astype(np.float64)
    logs = np.sign(means) * np.log1p(np.abs(means))
    low = logs.min(axis=0, initial=np.inf) if len(logs) else np.zeros(3)
    high = logs.max(axis=0, initial=-np.inf) if len(logs) else np.zeros(3)
    shares = (logs - low) / np.where(high > low, high - low, 1)
    steps = (shares * 65535).round().astype(np.uint16)
    files = [
        keep("means_l.webp", _picture((steps & 255).astype(np.uint8))),
        keep("means_u.webp", _picture((steps >> 8).astype(np.uint8))),
    ]
    return {"mins": low.tolist(), "maxs": high.tolist(), "files": files}


def _rotations(quaternions: np.ndarray) -> np.ndarray:
    """(N, 4) bytes: three components within ±√½, and which one they lack."""
    largest = np.abs(quaternions).argmax(axis=1)
    turned = quaternions * np.sign(np.take_along_axis(quaternions, largest[:, None], axis=1))
    others = np.stack([np.delete(np.arange(4), axis) for axis in range(4)])[largest]
    rest = np.take_along_axis(turned, others, axis=1) / np.sqrt(2) + 0.5
    return np.column_stack([to_bytes(rest), (largest + LARGEST_TAG).astype(np.uint8)])


def _harmonics(values: Values, keep: Any) -> dict[str, Any]:
    per_channel = values.sh.shape[1] - 1
    sets, labels = palette(values.sh[:, 1:].reshape(len(values), -1), _MOST_SETS)
    book = codebook(sets)
    rows = -(-len(sets) // PALETTE_COLUMNS)
    shown = np.zeros((rows * PALETTE_COLUMNS, per_channel, 4), np.uint8)
    shown[: len(sets), :, :3] = places(sets, book).reshape(len(sets), per_channel, 3)
    shown[..., 3] = 255
    split = np.column_stack([labels & 255, labels >> 8, np.zeros_like(labels)]).astype(np.uint8)
    files = [
        keep("shN_centroids.webp", shown.reshape(rows, PALETTE_COLUMNS * per_channel, 4)),
        keep("shN_labels.webp", _picture(split)),
    ]
    return {
        "count": len(sets),
        "bands": values.degree,
        "codebook": book.tolist(),
        "files": files,
    }


def _picture(columns: np.ndarray) -> np.ndarray:
    """(H, W, 4) bytes of (N, 3) or (N, 4), nearly square, filled up with zeros."""
    width = max(4, -(-int(np.ceil(np.sqrt(len(columns)))) // 4) * 4)
    height = max(1, -(-len(columns) // width))
    pixels = np.zeros((height * width, 4), np.uint8)
    pixels[:, 3] = 255
    pixels[: len(columns), : columns.shape[1]] = columns
    return pixels.reshape(height, width, 4)


def _part(name: str) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(name)  # with a fixed date: equal scenes make equal files
    part.external_attr = _MODE
    return part

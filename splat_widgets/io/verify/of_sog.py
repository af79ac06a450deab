"""`.sog` archives of version 2 by PlayCanvas's description of them: zipfile, Pillow and NumPy.

Pictures cannot be unpacked row by row: 24 bytes of a Gaussian are in memory while its file is read.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from splat_widgets.io.verify.record import Differences
from splat_widgets.io.verify.rows import PIECE_ROWS, Rows, ends, with_largest
from splat_widgets.scene.scene import Scene

_SETS = 2**16  # of harmonics; of more Gaussians similar ones share one
_FIRST_TAG = 252  # alpha of a rotation that lacks w; 253 lacks x, and so on


def rows_of_sog(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.sog`, piece by piece, in the order of the file."""
    with zipfile.ZipFile(path) as archive:
        meta: dict[str, Any] = json.loads(archive.read("meta.json"))
        if meta["version"] != 2:
            raise ValueError(f"expected version 2, got {meta['version']}")

        def pixels(name: str) -> np.ndarray:
            with Image.open(io.BytesIO(archive.read(name)), formats=["WEBP"]) as picture:
                return np.asarray(picture.convert("RGBA")).reshape(-1, 4)

        parts = {
            name: [pixels(file) for file in meta[name]["files"]]
            for name in ("means", "scales", "quats", "sh0", "shN")
            if name in meta
        }
    for first in range(0, meta["count"], PIECE_ROWS):
        piece = slice(first, min(first + PIECE_ROWS, meta["count"]))
        yield _rows(meta, parts, piece)


def limits_of_sog(scene: Scene) -> Differences:
    """Half a step of each encoding, of which most are shares of the range that the scene has."""
    low, high = ends(scene.scales)
    logs = math.log(max(high, 1e-38) / max(low, 1e-38)) if len(scene) else 0.0
    low, high = ends(scene.sh[:, 1:])
    return Differences(
        position=5e-4,  # 16 bits of logarithms of coordinates
        covariance=math.exp(2 * logs / 256) - 1 + 0.04,  # and three bytes of rotations
        opacity=0.5 / 255 + 1e-6,
        color=1 / 256 + 1e-6,
        sh=(high - low) / 256 + 1e-6 if len(scene) <= _SETS else math.inf,
    )


def _rows(meta: dict[str, Any], parts: dict[str, list[np.ndarray]], piece: slice) -> Rows:
    steps = [parts["means"][number][piece, :3].astype(np.float64) for number in (0, 1)]
    share = (steps[0] + 256 * steps[1]) / 65535
    low, high = (np.array(meta["means"][end], np.float64) for end in ("mins", "maxs"))
    logs = low * (1 - share) + high * share
    color = parts["sh0"][0][piece]
    sh = np.take(meta["sh0"]["codebook"], color[:, :3])[:, None]
    if "shN" in parts:
        palette, labels = parts["shN"]
        label = labels[piece, 0].astype(np.int64) + 256 * labels[piece, 1].astype(np.int64)
        each = {1: 3, 2: 8, 3: 15}[meta["shN"]["bands"]]
        own = palette[label[:, None] * each + np.arange(each), :3]
        sh = np.concatenate([sh, np.take(meta["shN"]["codebook"], own)], 1)
    return Rows(
        means=np.copysign(np.exp(np.abs(logs)) - 1, logs),
        scales=np.exp(np.take(meta["scales"]["codebook"], parts["scales"][0][piece, :3])),
        quaternions=_rotations(parts["quats"][0][piece]),
        opacities=color[:, 3] / 255.0,
        sh=sh,
    )


def _rotations(pixels: np.ndarray) -> np.ndarray:
    """(M, 4) wxyz: the largest is left out, the others follow in their order."""
    small = (pixels[:, :3] / 255.0 * 2 - 1) / math.sqrt(2)
    left_out = pixels[:, 3].astype(np.int64) - _FIRST_TAG
    if len(left_out) and not 0 <= left_out.min() <= left_out.max() <= 3:
        raise ValueError("a rotation does not say which component it lacks")
    return with_largest(small, left_out)

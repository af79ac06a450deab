"""SuperSplat's compressed `.ply` by plyfile, its bits taken apart in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from plyfile import PlyData

from splat_widgets.conventions import SH_C0
from splat_widgets.io.verify.rows import PIECE_ROWS, Rows, with_largest

_CHUNK = 256  # Gaussians with one box; divides `PIECE_ROWS`


def rows_of_compressed_ply(path: Path) -> Iterator[Rows]:
    """The Gaussians of a compressed `.ply`, piece by piece, in the order of the file.

    The file is mapped anew for each piece: pages that were read stay in memory as long as a map.
    """
    first, count = 0, 1
    while first < count:
        data = PlyData.read(path)
        count = data["vertex"].count
        if count:
            yield _rows(data, first)
        first += PIECE_ROWS
        del data


def _rows(data: PlyData, first: int) -> Rows:
    piece = data["vertex"].data[first : first + PIECE_ROWS]
    box = data["chunk"].data[(first + np.arange(len(piece))) // _CHUNK]
    color = _parts(piece["packed_color"], 8, 8, 8, 8)
    dc = np.stack([_within(box, axis, color[n]) for n, axis in enumerate("rgb")], -1)
    sh = ((dc - 0.5) / SH_C0)[:, None]
    if "sh" in data:
        rest = data["sh"].data[first : first + PIECE_ROWS]
        steps = np.stack([rest[name] for name in rest.dtype.names], -1).astype(np.float64)
        shares = np.where(steps == 0, 0, np.where(steps == 255, 1, (steps + 0.5) / 256))
        rest = (shares * 8 - 4).reshape(len(piece), 3, -1)
        sh = np.concatenate([sh, rest.transpose(0, 2, 1)], 1)
    place = _parts(piece["packed_position"], 11, 10, 11)
    size = _parts(piece["packed_scale"], 11, 10, 11)
    logs = [_within(box, f"scale_{axis}", size[n]) for n, axis in enumerate("xyz")]
    return Rows(
        means=np.stack([_within(box, axis, place[n]) for n, axis in enumerate("xyz")], -1),
        scales=np.exp(np.stack(logs, -1)),
        quaternions=_rotations(piece["packed_rotation"]),
        opacities=color[3],
        sh=sh,
    )


def _within(box: np.ndarray, axis: str, share: np.ndarray) -> np.ndarray:
    low, high = (box[f"{end}_{axis}"].astype(np.float64) for end in ("min", "max"))
    return low * (1 - share) + high * share


def _parts(packed: np.ndarray, *widths: int) -> list[np.ndarray]:
    """Numbers in [0, 1] of the bits of (M,) uint32, the highest first."""
    rest, parts = packed.astype(np.int64), []
    for width in reversed(widths):
        rest, part = np.divmod(rest, 2**width)
        parts.append(part / (2**width - 1))
    return parts[::-1]


def _rotations(packed: np.ndarray) -> np.ndarray:
    """(M, 4) wxyz: two bits say which is left out, the others follow in their order."""
    code = packed.astype(np.int64)
    small = np.stack(_parts(packed & np.uint32(2**30 - 1), 10, 10, 10), -1)
    return with_largest((small - 0.5) * np.sqrt(2), code // 2**30)

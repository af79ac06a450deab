"""`.ply` files by plyfile, which finds the columns by name, and the formulas of 3DGS in NumPy."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from plyfile import PlyData

from splat_widgets.io.verify.rows import PIECE_ROWS, Rows


def rows_of_ply(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.ply`, piece by piece.

    The file is mapped anew for each piece: pages that were read stay in memory as long as a map.
    """
    first, count = 0, 1
    while first < count:
        vertex = PlyData.read(path)["vertex"]
        count = vertex.count
        piece = vertex.data[first : first + PIECE_ROWS]
        rest = sum(name.startswith("f_rest_") for name in piece.dtype.names)
        yield _rows(piece, rest // 3)
        first += PIECE_ROWS
        del vertex, piece


def columns_of_ply(path: Path, names: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    """(N,) values of columns of a `.ply`, by name."""
    vertex = PlyData.read(path)["vertex"]
    for name in names:
        yield name, np.array(vertex[name])


def _rows(piece: np.ndarray, per_channel: int) -> Rows:
    def columns(*names: str) -> np.ndarray:
        return np.stack([piece[name].astype(np.float64) for name in names], -1)

    sh = np.empty((len(piece), 1 + per_channel, 3))
    sh[:, 0] = columns("f_dc_0", "f_dc_1", "f_dc_2")
    for channel in range(3):
        for number in range(per_channel):
            sh[:, 1 + number, channel] = piece[f"f_rest_{channel * per_channel + number}"]
    with np.errstate(over="ignore"):
        opacities = 1 / (1 + np.exp(-piece["opacity"].astype(np.float64)))
    return Rows(
        means=columns("x", "y", "z"),
        scales=np.exp(columns("scale_0", "scale_1", "scale_2")),
        quaternions=columns("rot_0", "rot_1", "rot_2", "rot_3"),
        opacities=opacities,
        sh=sh,
    )

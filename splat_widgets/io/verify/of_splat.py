"""`.splat` files: eight floats' worth of bytes a Gaussian, split by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from splat_widgets.conventions import SH_C0
from splat_widgets.io.verify.rows import PIECE_ROWS, Rows

_ROW = 32  # bytes


def rows_of_splat(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.splat`, piece by piece."""
    with path.open("rb") as file:
        while data := file.read(_ROW * PIECE_ROWS):
            table = np.frombuffer(data, np.uint8).reshape(-1, _ROW)
            floats = np.ascontiguousarray(table[:, :24]).view("<f4").astype(np.float64)
            color = table[:, 24:28] / 255.0
            yield Rows(
                means=floats[:, :3],
                scales=floats[:, 3:],
                quaternions=table[:, 28:] / 128.0 - 1,
                opacities=color[:, 3],
                sh=((color[:, :3] - 0.5) / SH_C0)[:, None],
            )

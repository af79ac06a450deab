"""`.glb` files by Khronos's description of `KHR_gaussian_splatting`, column by column."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from splat_widgets.io.verify.rows import PIECE_ROWS, NoSecondReader, Rows, half_turned

_PREFIX = "KHR_gaussian_splatting:"
_HEADERS = 20  # bytes of the file's header and that of its first chunk, the JSON
_FLOAT = 5126


def rows_of_glb(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.glb` with one primitive, piece by piece, with y down and z forward.

    Raises:
        NoSecondReader: for a `.gltf`, which is text.
    """
    with path.open("rb") as file:
        table = _Table(file)
        coefficients = [
            f"{_PREFIX}SH_DEGREE_{degree}_COEF_{number}"
            for degree in range(4)
            for number in range(2 * degree + 1)
            if f"{_PREFIX}SH_DEGREE_{degree}_COEF_{number}" in table.names
        ]
        for first in range(0, table.count, PIECE_ROWS):
            rows = min(PIECE_ROWS, table.count - first)

            def column(name: str, width: int, first: int = first, rows: int = rows) -> np.ndarray:
                return table.column(name, width, first, rows).astype(np.float64)

            yield half_turned(
                Rows(
                    means=column("POSITION", 3),
                    scales=column(f"{_PREFIX}SCALE", 3),
                    quaternions=column(f"{_PREFIX}ROTATION", 4)[:, [3, 0, 1, 2]],
                    opacities=column(f"{_PREFIX}OPACITY", 1)[:, 0],
                    sh=np.stack([column(name, 3) for name in coefficients], 1),
                )
            )


def columns_of_glb(path: Path, names: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    """(N,) values of attributes that have names of the user's own, which are in capitals."""
    with path.open("rb") as file:
        table = _Table(file)
        for name in names:
            yield name, table.column(f"_{name.upper()}", 1, 0, table.count)[:, 0]


class _Table:
    """The columns of a file's one primitive."""

    def __init__(self, file: BinaryIO) -> None:
        head = file.read(_HEADERS)
        if not head.startswith(b"glTF"):
            raise NoSecondReader("a .gltf")
        length = int.from_bytes(head[12:16], "little")
        self._file, self._whole = file, json.loads(file.read(length))
        self._start = _HEADERS + length + 8  # after the header of the second chunk
        self.names: dict[str, int] = self._whole["meshes"][0]["primitives"][0]["attributes"]
        self.count: int = self._whole["accessors"][self.names["POSITION"]]["count"]

    def column(self, name: str, width: int, first: int, rows: int) -> np.ndarray:
        """(rows, width) float32."""
        accessor: dict[str, Any] = self._whole["accessors"][self.names[name]]
        if accessor["componentType"] != _FLOAT or accessor["count"] != self.count:
            raise ValueError(f"expected {self.count:,} floats as {name}, got {accessor}")
        view = self._whole["bufferViews"][accessor["bufferView"]]
        stride = view.get("byteStride", 4 * width)
        place = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        self._file.seek(self._start + place + first * stride)
        data = self._file.read(max(0, (rows - 1) * stride + 4 * width))
        return np.ndarray((rows, width), "<f4", data, 0, (stride, 4))

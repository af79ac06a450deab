"""`.glb` files by Khronos's description of `KHR_gaussian_splatting`, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        head = file.read(_HEADERS)
        if not head.startswith(b"glTF"):
            raise NoSecondReader("a .gltf")
        length = int.from_bytes(head[12:16], "little")
        whole = json.loads(file.read(length))
        start = _HEADERS + length + 8  # after the header of the second chunk
        names = whole["meshes"][0]["primitives"][0]["attributes"]
        count = whole["accessors"][names["POSITION"]]["count"]

        def column(name: str, width: int, first: int) -> np.ndarray:
            accessor: dict[str, Any] = whole["accessors"][names[name]]
            if accessor["componentType"] != _FLOAT or accessor["count"] != count:
                raise ValueError(f"expected {count:,} floats as {name}, got {accessor}")
            view = whole["bufferViews"][accessor["bufferView"]]
            stride = view.get("byteStride", 4 * width)
            place = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
            rows = min(PIECE_ROWS, count - first)
            file.seek(start + place + first * stride)
            data = file.read((rows - 1) * stride + 4 * width)
            table = np.ndarray((rows, width), "<f4", data, 0, (stride, 4))
            return table.astype(np.float64)

        coefficients = [
            f"{_PREFIX}SH_DEGREE_{degree}_COEF_{number}"
            for degree in range(4)
            for number in range(2 * degree + 1)
            if f"{_PREFIX}SH_DEGREE_{degree}_COEF_{number}" in names
        ]
        for first in range(0, count, PIECE_ROWS):
            yield half_turned(
                Rows(
                    means=column("POSITION", 3, first),
                    scales=column(f"{_PREFIX}SCALE", 3, first),
                    quaternions=column(f"{_PREFIX}ROTATION", 4, first)[:, [3, 0, 1, 2]],
                    opacities=column(f"{_PREFIX}OPACITY", 1, first)[:, 0],
                    sh=np.stack([column(name, 3, first) for name in coefficients], 1),
                )
            )

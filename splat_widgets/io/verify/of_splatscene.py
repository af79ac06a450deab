"""`.splatscene` files by the layouts that are written down: zip, JSON and safetensors.

The checksums of all parts are compared, photos and maps included; the Gaussians are compared one
by one.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from splat_widgets.io.scenefile.layout import TENSORS
from splat_widgets.io.verify.rows import PIECE_ROWS, Rows

_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_LENGTHS, _LOCAL_HEADER = 26, 30  # of name and extra field in a part's header; its size
_FIELDS = ("means", "scales", "quaternions", "opacities", "sh")


def rows_of_splatscene(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.splatscene`, piece by piece.

    Raises:
        ValueError: for a part whose checksum is wrong.
    """
    with zipfile.ZipFile(path) as archive:
        if (damaged := archive.testzip()) is not None:
            raise ValueError(f"the checksum of its part {damaged} is wrong")
        place = archive.getinfo(TENSORS).header_offset
    with path.open("rb") as file:
        # Parts are stored as they are; `zipfile` would read all bytes before those asked for.
        file.seek(place + _LENGTHS)
        start = place + _LOCAL_HEADER + sum(struct.unpack("<HH", file.read(4)))
        file.seek(start)
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        entries = {name: header[f"gaussians.{name}"] for name in _FIELDS}
        count = entries["means"]["shape"][0]
        for first in range(0, count, PIECE_ROWS):
            rows, parts = min(PIECE_ROWS, count - first), {}
            for name, entry in entries.items():
                kind, per_row = np.dtype(_KINDS[entry["dtype"]]), entry["shape"][1:]
                row_bytes = kind.itemsize * int(np.prod(per_row))
                file.seek(start + 8 + length + entry["data_offsets"][0] + first * row_bytes)
                values = np.frombuffer(file.read(rows * row_bytes), kind)
                if entry["dtype"] == "BF16":  # the upper half of a float32
                    values = (values.astype("<u4") << 16).view("<f4")
                parts[name] = values.reshape(rows, *per_row).astype(np.float64)
            yield Rows(**parts)

"""`.splatscene` files by the layouts that are written down: zip, JSON and safetensors.

The checksums of all parts are compared, photos and maps included, by other threads, while the
Gaussians are compared one by one.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np

from splat_widgets.io.scenefile.layout import JSON, TENSORS
from splat_widgets.io.verify.rows import PIECE_ROWS, SELECTION, Rows

_KINDS = {
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
    **{f"I{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    "BF16": "<u2",
    "BOOL": "?",
}
_LENGTHS, _LOCAL_HEADER = 26, 30  # of name and extra field in a part's header; its size
_FIELDS = ("means", "scales", "quaternions", "opacities", "sh")
_THREADS = 2
_PIECE_BYTES = 2**18


def rows_of_splatscene(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.splatscene`, piece by piece.

    Raises:
        ValueError: for a part whose checksum is wrong.
    """
    with zipfile.ZipFile(path) as archive, ThreadPoolExecutor(_THREADS) as pool:
        parts = archive.infolist()
        checks = [pool.submit(_checksum, path, part) for part in parts]
        yield from _rows(path, archive.getinfo(TENSORS))
        for part, check in zip(parts, checks, strict=True):
            if check.result() != part.CRC:
                raise ValueError(f"the checksum of its part {part.filename} is wrong")


def columns_of_splatscene(path: Path, names: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    """(N,) values of attributes of the user's own, and the selection.

    Whole numbers and flags are masked where the file says that they have no value.
    """
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        contents = json.loads(archive.read(JSON))["contents"]
        tensors = _Tensors(file, _start(path, archive.getinfo(TENSORS)))
        own = {one["name"]: one for one in contents["attributes"]}
        for name in names:
            if name == SELECTION:
                yield name, tensors.whole(contents["inspection"]["selection"])
                continue
            values, known = tensors.whole(own[name]["values"]), own[name]["known"]
            if known is not None:
                values = np.ma.array(values, mask=~tensors.whole(known))
            yield name, values


def _rows(path: Path, tensors: zipfile.ZipInfo) -> Iterator[Rows]:
    with path.open("rb") as file:
        found = _Tensors(file, _start(path, tensors))
        names = {name: f"gaussians.{name}" for name in _FIELDS}
        count = found.count(names["means"])
        for first in range(0, count, PIECE_ROWS):
            rows = min(PIECE_ROWS, count - first)
            yield Rows(**{field: found.rows(way, first, rows) for field, way in names.items()})


class _Tensors:
    """The tensors of a part in the safetensors format."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        length = int.from_bytes(file.read(8), "little")
        self._file, self._header = file, json.loads(file.read(length))
        self._start = start + 8 + length

    def count(self, name: str) -> int:
        """How many rows a tensor has."""
        return self._header[name]["shape"][0]

    def rows(self, name: str, first: int, rows: int) -> np.ndarray:
        """(rows, ...) of a tensor."""
        entry = self._header[name]
        kind, per_row = np.dtype(_KINDS[entry["dtype"]]), entry["shape"][1:]
        row_bytes = kind.itemsize * int(np.prod(per_row))
        self._file.seek(self._start + entry["data_offsets"][0] + first * row_bytes)
        values = np.frombuffer(self._file.read(rows * row_bytes), kind)
        if entry["dtype"] == "BF16":  # the upper half of a float32
            values = (values.astype("<u4") << 16).view("<f4")
        return values.reshape(rows, *per_row)

    def whole(self, tree: dict[str, str]) -> np.ndarray:
        """The tensor that the JSON names, as `$tensor` or, where it stands twice, as `$same`."""
        (name,) = tree.values()
        return self.rows(name, 0, self.count(name))


def _start(path: Path, part: zipfile.ZipInfo) -> int:
    """Where a part begins, which is stored as it is; `zipfile` would read all before it."""
    with path.open("rb") as file:
        file.seek(part.header_offset + _LENGTHS)
        return part.header_offset + _LOCAL_HEADER + sum(struct.unpack("<HH", file.read(4)))


def _checksum(path: Path, part: zipfile.ZipInfo) -> int:
    """Of the bytes of a part, as they lie in the file."""
    found, memory = 0, memoryview(bytearray(_PIECE_BYTES))
    left = part.compress_size
    start = _start(path, part)
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while left:
            count = file.readinto(memory[: min(left, _PIECE_BYTES)])
            if not count:
                raise ValueError(f"its part {part.filename} is cut off")
            found = zlib.crc32(memory[:count], found)
            left -= count
    return found

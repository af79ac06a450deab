"""`.splatscene` files by the layouts that are written down: zip, JSON and safetensors.

The checksums of all parts are compared, photos and maps included, by other threads, while the
Gaussians are compared one by one.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from splat_widgets.io.scenefile.layout import TENSORS
from splat_widgets.io.verify.rows import PIECE_ROWS, Rows

_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_LENGTHS, _LOCAL_HEADER = 26, 30  # of name and extra field in a part's header; its size
_FIELDS = ("means", "scales", "quaternions", "opacities", "sh")
_THREADS = 2
_PIECE_BYTES = 2**20


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


def _rows(path: Path, tensors: zipfile.ZipInfo) -> Iterator[Rows]:
    start = _start(path, tensors)
    with path.open("rb") as file:
        file.seek(start)
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        entries = {name: header[f"gaussians.{name}"] for name in _FIELDS}
        count = entries["means"]["shape"][0]
        for first in range(0, count, PIECE_ROWS):
            rows, columns = min(PIECE_ROWS, count - first), {}
            for name, entry in entries.items():
                kind, per_row = np.dtype(_KINDS[entry["dtype"]]), entry["shape"][1:]
                row_bytes = kind.itemsize * int(np.prod(per_row))
                file.seek(start + 8 + length + entry["data_offsets"][0] + first * row_bytes)
                values = np.frombuffer(file.read(rows * row_bytes), kind)
                if entry["dtype"] == "BF16":  # the upper half of a float32
                    values = (values.astype("<u4") << 16).view("<f4")
                columns[name] = values.reshape(rows, *per_row)
            yield Rows(**columns)


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

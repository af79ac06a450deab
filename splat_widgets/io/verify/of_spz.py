"""`.spz` files of versions 3 and 4 by Niantic's description of them, in NumPy.

Streams are unpacked into a temporary file beside the `.spz`, so that little of them is in memory.
"""

from __future__ import annotations

import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from splat_widgets.io.verify.rows import PIECE_ROWS, Rows, half_turned, with_largest

_HEADER = struct.Struct("<4sIIBBBB")
_MAGIC = b"NGSP"  # version 4 begins so, without gzip
_STREAMS = struct.Struct("<QQ")  # packed and unpacked size of each
_TABLE_PLACE = struct.Struct("<I12x")
_PIECE_BYTES = 2**20


def rows_of_spz(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.spz`, piece by piece, with y down and z forward."""
    with path.open("rb") as file, tempfile.TemporaryFile(dir=path.parent) as plain:
        if file.read(4) == _MAGIC:
            head = _unpack_streams(file, plain)
        else:
            file.seek(0)
            _unpack(file, plain, zlib.decompressobj(wbits=31), None)
            plain.seek(0)
            head = plain.read(_HEADER.size)
        magic, version, count, degree, bits, _, _ = _HEADER.unpack(head)
        if magic != _MAGIC or version not in (3, 4):
            raise ValueError(f"expected version 3 or 4, got {version}")
        rest = (degree + 1) ** 2 - 1
        start, starts = (_HEADER.size if version == 3 else 0), []
        widths = (9, 1, 3, 3, 4, 3 * rest)
        for width in widths:
            starts.append(start)
            start += count * width
        if start != plain.seek(0, 2):
            raise ValueError(f"expected {start:,} bytes, got {plain.tell():,}")
        for first in range(0, count, PIECE_ROWS):
            number, columns = min(PIECE_ROWS, count - first), []
            for begin, width in zip(starts, widths, strict=True):
                plain.seek(begin + first * width)
                data = plain.read(number * width)
                columns.append(np.frombuffer(data, np.uint8).reshape(number, width))
            yield _rows(*columns, bits=bits)


def _unpack_streams(file: IO[bytes], plain: IO[bytes]) -> bytes:
    """Unpack all streams of a version 4, one after another; its header."""
    file.seek(0)
    head = file.read(_HEADER.size)
    (place,) = _TABLE_PLACE.unpack(file.read(_TABLE_PLACE.size))
    file.seek(place)
    table = [_STREAMS.unpack(file.read(_STREAMS.size)) for _ in range(head[-1])]
    for packed, whole in table:
        begin = plain.tell()
        _unpack(file, plain, _zstd().ZstdDecompressor(), packed)
        if plain.tell() - begin != whole:
            raise ValueError(f"expected a stream of {whole:,} bytes, got {plain.tell() - begin:,}")
    return head


def _unpack(file: IO[bytes], plain: IO[bytes], unpacker: Any, size: int | None) -> None:
    """One stream of so many packed bytes; None: of all that there are."""
    while data := file.read(_PIECE_BYTES if size is None else min(size, _PIECE_BYTES)):
        size = None if size is None else size - len(data)
        plain.write(unpacker.decompress(data))
    if not unpacker.eof:
        raise ValueError("a stream is cut off")


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd  # without it no version 4 was written
    return zstd


def _rows(
    place: np.ndarray,
    alpha: np.ndarray,
    color: np.ndarray,
    size: np.ndarray,
    turn: np.ndarray,
    sh: np.ndarray,
    *,
    bits: int,
) -> Rows:
    low, middle, high = np.moveaxis(place.reshape(-1, 3, 3).astype(np.int64), -1, 0)
    fixed = low + 256 * middle + 65536 * high
    means = np.where(high > 127, fixed - 2**24, fixed) / 2.0**bits
    harmonics = (sh.reshape(len(sh), -1, 3) - 128.0) / 128
    return half_turned(
        Rows(
            means=means,
            scales=np.exp(size / 16.0 - 10),
            quaternions=_rotations(turn),
            opacities=alpha[:, 0] / 255.0,
            sh=np.concatenate([((color / 255.0 - 0.5) / 0.15)[:, None], harmonics], 1),
        )
    )


def _rotations(packed: np.ndarray) -> np.ndarray:
    """(M, 4) wxyz of four bytes: of xyzw the largest is left out, others have a sign and 9 bits."""
    code = packed.astype(np.int64) @ np.array([1, 2**8, 2**16, 2**24])
    small = []
    for shift in (20, 10, 0):
        part = code >> shift
        small.append(np.where(part & 512, -1, 1) * (part & 511) / 511 * np.sqrt(0.5))
    return with_largest(np.stack(small, -1), code >> 30)[:, [3, 0, 1, 2]]

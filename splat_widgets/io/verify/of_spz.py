"""`.spz` files of versions 2 and 3 by Niantic's description of them, in NumPy."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from splat_widgets.io.verify.rows import PIECE_ROWS, NoSecondReader, Rows, half_turned

_HEADER = struct.Struct("<4sIIBBBB")
_NEW = b"NGSP"  # version 4 begins so, without gzip


def rows_of_spz(path: Path) -> Iterator[Rows]:
    """The Gaussians of a `.spz`, piece by piece, with y down and z forward.

    Raises:
        NoSecondReader: for version 4, which needs another way of unpacking.
    """
    data = path.read_bytes()
    if data.startswith(_NEW):
        raise NoSecondReader("version 4 of .spz")
    data = zlib.decompress(data, wbits=31)
    magic, version, count, degree, bits, _, _ = _HEADER.unpack_from(data)
    if magic != _NEW or version != 3:
        raise ValueError(f"expected version 3, got {version}")
    rest = (degree + 1) ** 2 - 1
    widths, start, columns = (9, 1, 3, 3, 4, 3 * rest), _HEADER.size, []
    for width in widths:
        end = start + count * width
        columns.append(np.frombuffer(data[start:end], np.uint8).reshape(count, width))
        start = end
    if start != len(data):
        raise ValueError(f"expected {start:,} bytes, got {len(data):,}")
    for first in range(0, count, PIECE_ROWS):
        yield _rows(*(column[first : first + PIECE_ROWS] for column in columns), bits=bits)


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
    left_out = code >> 30
    small = []
    for shift in (20, 10, 0):
        part = code >> shift
        small.append(np.where(part & 512, -1, 1) * (part & 511) / 511 * np.sqrt(0.5))
    rest = np.stack(small, -1)
    xyzw = np.empty((len(code), 4))
    for axis in range(4):
        rows = left_out == axis
        xyzw[rows] = np.insert(rest[rows], axis, 0, axis=1)
        xyzw[rows, axis] = np.sqrt((1 - (rest[rows] ** 2).sum(1)).clip(0))
    return xyzw[:, [3, 0, 1, 2]]

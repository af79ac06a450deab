"""The streams of a `.spz`: header, columns of bytes, and how each version compresses them.

Sizes are compared with the file before anything is unpacked.
"""

from __future__ import annotations

import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.io.errors import FormatError
from splat_widgets.io.head import GZIP
from splat_widgets.io.room import check_room
from splat_widgets.io.values import check_count

MAGIC = b"NGSP"
MAX_DEGREE = 4
_HEADER = struct.Struct("<4sIIBBBB")  # magic, version, count, degree, fraction bits, flags, more
_V4 = struct.Struct("<I12x")  # after the header, whose last byte counts the streams: where the
_SIZES = struct.Struct("<QQ")  # table of packed and unpacked sizes begins
_BYTES = {"positions": 9, "alphas": 1, "colors": 3, "scales": 3, "rotations": 4}
_FORMATS = "pip install 'splat-widgets[formats]'"


@dataclass(frozen=True)
class Header:
    """What a `.spz` begins with."""

    version: int
    count: int
    degree: int
    fraction_bits: int

    @property
    def widths(self) -> dict[str, int]:
        """Bytes of a Gaussian in each column, in the order of the file."""
        found = dict(_BYTES)
        if self.version == 1:
            found["positions"] = 6  # three half floats
        if self.version < 3:
            found["rotations"] = 3
        if self.degree:
            found["sh"] = 3 * ((self.degree + 1) ** 2 - 1)
        return found


def unpacked(data: bytes, path: Path) -> tuple[Header, dict[str, np.ndarray]]:
    """Header and columns (N, bytes of a Gaussian) of a file.

    Raises:
        FormatError: if it is damaged or of an unknown version, or needs a package.
    """
    if data.startswith(GZIP):
        return _of_gzip(data, path)
    header, streams = _header(data, path)
    if header.version != 4:
        raise FormatError(f"expected version 4 without gzip, got version {header.version}", path)
    return header, _of_streams(data, header, streams, path)


def packed(header: Header, columns: dict[str, np.ndarray]) -> bytes:
    """The file of a header and its columns."""
    parts = [column.tobytes() for column in columns.values()]
    fields = (MAGIC, header.version, header.count, header.degree, header.fraction_bits, 0)
    if header.version < 4:
        whole = b"".join([_HEADER.pack(*fields, 0), *parts])
        return zlib.compress(whole, 6, wbits=31)
    streams = [_zstd().compress(part) for part in parts]
    sizes = [_SIZES.pack(len(s), len(p)) for s, p in zip(streams, parts, strict=True)]
    start = _HEADER.pack(*fields, len(parts)) + _V4.pack(_HEADER.size + _V4.size)
    return b"".join([start, *sizes, *streams])


def _header(data: bytes, path: Path) -> tuple[Header, int]:
    """The header, and its last byte."""
    if len(data) < _HEADER.size:
        raise FormatError("expected a header of 16 bytes, got fewer; it is cut off", path)
    magic, version, count, degree, bits, _flags, more = _HEADER.unpack_from(data)
    if magic != MAGIC or version not in (1, 2, 3, 4):
        raise FormatError(
            f"expected a .spz of version 1 to 4, got {magic!r} and version {version}; update "
            "splat_widgets, or save it as version 3",
            path,
        )
    if degree > MAX_DEGREE or bits > 23:
        raise FormatError(
            f"expected a degree up to {MAX_DEGREE} and up to 23 bits, got {degree} and {bits}", path
        )
    return Header(version, count, degree, bits), more


def _of_gzip(data: bytes, path: Path) -> tuple[Header, dict[str, np.ndarray]]:
    stream = zlib.decompressobj(wbits=31)
    try:
        header, _ = _header(stream.decompress(data, _HEADER.size), path)
        if header.version == 4:
            raise FormatError("expected a version up to 3 within gzip, got 4", path)
        check_count(header.count, len(data), path)
        check_room(header.count, (header.degree + 1) ** 2, path)
        size = header.count * sum(header.widths.values())
        content = stream.decompress(stream.unconsumed_tail, size) if size else b""
        while len(content) < size and stream.unconsumed_tail and not stream.eof:
            content += stream.decompress(stream.unconsumed_tail, size - len(content))
    except zlib.error as error:
        raise FormatError(f"its data are damaged ({error})", path) from error
    if len(content) < size:
        raise FormatError(
            f"expected {size:,} bytes of {header.count:,} Gaussians, got {len(content):,}; "
            "it is cut off",
            path,
        )
    columns, start = {}, 0
    for name, width in header.widths.items():
        end = start + header.count * width
        columns[name] = np.frombuffer(content[start:end], np.uint8).reshape(-1, width)
        start = end
    return header, columns


def _of_streams(data: bytes, header: Header, streams: int, path: Path) -> dict[str, np.ndarray]:
    widths = header.widths
    if streams != len(widths) or len(data) < _HEADER.size + _V4.size:
        raise FormatError(f"expected {len(widths)} streams, got {streams}", path)
    check_count(header.count, len(data), path)
    check_room(header.count, (header.degree + 1) ** 2, path)
    (table,) = _V4.unpack_from(data, _HEADER.size)
    place = table + streams * _SIZES.size
    if table < _HEADER.size + _V4.size or place > len(data):
        raise FormatError("its table of contents lies outside the file; it is damaged", path)
    columns = {}
    for number, (name, width) in enumerate(widths.items()):
        size, whole = _SIZES.unpack_from(data, table + number * _SIZES.size)
        if whole != header.count * width or size > len(data) - place:
            raise FormatError(f"its stream of {name} has another size than it promises", path)
        content = _inflated(data[place : place + size], whole, path)
        columns[name] = np.frombuffer(content, np.uint8).reshape(-1, width)
        place += size
    return columns


def _inflated(data: bytes, size: int, path: Path) -> bytes:
    """One zstd frame that gives so many bytes."""
    unpacker = _zstd().ZstdDecompressor()
    try:
        content = unpacker.decompress(data, size)
    except Exception as error:  # the package has errors of its own
        raise FormatError(f"its data are damaged ({error})", path) from error
    if len(content) != size:
        raise FormatError(f"expected a stream of {size:,} bytes, got {len(content):,}", path)
    return content


def _zstd() -> Any:
    """The module for zstd: Python's own from 3.14 on, its copy for older ones before."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise FormatError(f"version 4 of .spz needs a package more; {_FORMATS}") from error
    return zstd

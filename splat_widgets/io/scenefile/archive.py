"""The parts of a scene file, read where they stay, with every checksum compared.

`zipfile` reads the directory and checks it against the file. It would read a part in one thread, in
pieces that are then copied: here bytes go straight into memory that is given, and while one thread
reads, others add up the checksums of what was read.
"""

from __future__ import annotations

import os
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from io import BufferedReader
from typing import IO

from splat_widgets.io.scenefile.checksum import joined
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.io.scenefile.layout import JSON, TENSORS

_RUN_BYTES = 8 * 2**20  # that one thread reads and adds up
_PIECE_BYTES = 2**18  # still in the cache of the processor when they are added up
_LENGTHS, _HEADER_BYTES = 26, 30  # of name and further fields in a part's header; its size
_LENGTH_BYTES = 2  # of each of these


@dataclass(frozen=True)
class Part:
    """A part, as it lies in the file."""

    name: str
    first: int  # its first byte in the file
    size: int  # in bytes
    checksum: int  # CRC-32


class Archive:
    """An open scene file; any thread may read.

    Raises:
        SceneFileError: for parts that are compressed, twice there, missing or larger than the file.
        zipfile.BadZipFile: for a directory that is damaged or tells other names than the parts do.
    """

    def __init__(self, file: BufferedReader) -> None:
        self._file, self._lock = file, threading.Lock()
        size = file.seek(0, os.SEEK_END)
        self._zip = zipfile.ZipFile(file)
        self._parts: dict[str, Part] = {}
        for info in self._zip.infolist():
            if info.filename in self._parts:
                raise SceneFileError(f"it has two parts {info.filename[:80]!r}")
            self._parts[info.filename] = self._part(info, size)
        for name in (JSON, TENSORS):
            if name not in self._parts:
                found = ", ".join(list(self._parts)[:5]) or "nothing"
                raise SceneFileError(f"expected a scene with {name!r} in it, found {found}")

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def __getitem__(self, name: str) -> Part:
        return self._parts[name]

    def opened(self, part: Part) -> IO[bytes]:
        """A part as a stream; only while no other thread reads."""
        return self._zip.open(part.name)

    def content(self, part: Part, limit: int) -> bytearray:
        """All bytes of a part.

        Raises:
            SceneFileError: for more than `limit` bytes, and as `fill` does.
        """
        if part.size > limit:
            raise SceneFileError(f"its part {part.name!r} is larger than {limit:,} bytes")
        data = bytearray(part.size)
        self.fill(part, [memoryview(data)])
        return data

    def beginning(self, part: Part, size: int) -> bytearray:
        """The first bytes of a part, with nothing compared: `fill` has to read them, too."""
        data = bytearray(min(size, part.size))
        self._sum_of([memoryview(data)], part.first)
        return data

    def fill(
        self, part: Part, memories: Sequence[memoryview], pool: Executor | None = None
    ) -> None:
        """Read a part into memory, and compare its checksum.

        Args:
            part: of this file.
            memories: of bytes, one after another as many as the part has.
            pool: threads that read; else the one that calls does.

        Raises:
            SceneFileError: if the checksum is wrong or the part is cut off.
        """
        runs, place = [*_runs(memories)], part.first
        lengths = [sum(map(len, run)) for run in runs]
        places = []
        for length in lengths:
            places.append(place)
            place += length
        found = 0
        sums = (map if pool is None else pool.map)(self._sum_of, runs, places)
        for length, own in zip(lengths, sums, strict=True):
            found = joined(found, own, length)
        if found != part.checksum:
            raise SceneFileError(f"it is damaged: the checksum of its part {part.name!r} is wrong")

    def _sum_of(self, run: Sequence[memoryview], place: int) -> int:
        """Fill a run of memory; the checksum of what was read."""
        found = 0
        for memory in run:
            for first in range(0, len(memory), _PIECE_BYTES):
                piece = memory[first : first + _PIECE_BYTES]
                with self._lock:
                    self._file.seek(place)
                    count = self._file.readinto(piece)
                if count != len(piece):
                    raise SceneFileError("it is cut off")
                found, place = zlib.crc32(piece, found), place + count
        return found

    def _part(self, info: zipfile.ZipInfo, size: int) -> Part:
        """A part that is stored as it is and lies within the file."""
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise SceneFileError(f"its part {info.filename[:80]!r} is compressed or encrypted")
        with self._zip.open(info):  # which compares name and kind with the part's own header
            self._file.seek(info.header_offset + _LENGTHS)
            name, further = (self._number() for _ in range(2))
        first = info.header_offset + _HEADER_BYTES + name + further
        if info.file_size != info.compress_size or first + info.file_size > size:
            raise SceneFileError(f"its part {info.filename[:80]!r} does not fit into the file")
        return Part(info.filename, first, info.file_size, info.CRC)

    def _number(self) -> int:
        return int.from_bytes(self._file.read(_LENGTH_BYTES), "little")


def _runs(memories: Sequence[memoryview]) -> Iterator[list[memoryview]]:
    """The same memory in runs of `_RUN_BYTES`; the last one is shorter."""
    run, left = list[memoryview](), _RUN_BYTES
    for memory in memories:
        while len(memory):
            run.append(memory[:left])
            memory, left = memory[left:], left - len(run[-1])
            if not left:
                yield run
                run, left = [], _RUN_BYTES
    if run:
        yield run

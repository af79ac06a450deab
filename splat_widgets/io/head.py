"""The beginning of a file, by which formats are told apart."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from splat_widgets.files import open_file

HEAD_BYTES = 2**16
ZIP = b"PK\x03\x04"
GZIP = b"\x1f\x8b"
_INFLATED = 2**12  # bytes of a compressed file that are looked at


@dataclass(frozen=True)
class Head:
    """What a file begins with, how long it is, and what an archive holds."""

    path: Path
    data: bytes  # the first 64 KiB
    size: int  # of the file, in bytes

    @classmethod
    def of(cls, path: Path) -> Head:
        """That of a file.

        Raises:
            OSError: if it cannot be opened.
        """
        with open_file(path) as file:
            return cls(path, file.read(HEAD_BYTES), file.seek(0, os.SEEK_END))

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Names in a zip archive; none of any other file, and of a damaged archive."""
        if not self.data.startswith(ZIP):
            return ()
        try:
            with open_file(self.path) as file, zipfile.ZipFile(file) as archive:
                return tuple(archive.namelist())
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
            return ()

    @cached_property
    def inflated(self) -> bytes:
        """The first 4 KiB within a gzip file; nothing of any other file."""
        if not self.data.startswith(GZIP):
            return b""
        try:
            return zlib.decompressobj(wbits=31).decompress(self.data, _INFLATED)
        except zlib.error:
            return b""

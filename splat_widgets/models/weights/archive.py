"""The container of a PyTorch checkpoint: a zip archive of raw storages and one pickle."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from splat_widgets.models.weights.errors import CheckpointError

IN_MEMORY_BYTES = 256 * 10**6
"""Weights in smaller files are copied into memory; larger files are mapped, so that they change
with the file on the disk."""
MAX_PICKLE_BYTES = 16 * 2**20  # the released model's takes well under one
_NO_ZIP = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,  # a version of the format that Python does not read
    ValueError,  # for instance names that are not text
    struct.error,
    zlib.error,
)


class Archive:
    """The pickle's bytes, and the storages as views of the file: mapped, or read if it is small.

    Raises:
        CheckpointError: from every method, if the file is damaged or of another kind.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            self._zip = zipfile.ZipFile(path)
        except _NO_ZIP as error:
            raise CheckpointError(
                f"{path.name} is not a checkpoint in PyTorch's zip format: it is cut short, "
                "another kind of file, or was saved before torch 1.6. Download it again, or save "
                "it anew with a current torch"
            ) from error
        self._path = path
        self._size = path.stat().st_size
        self._mapping: Any = None  # the whole file as an untyped storage, on first use
        self._num_storage_bytes = 0
        pickles = [n for n in self._zip.namelist() if n.count("/") == 1 and n.endswith("/data.pkl")]
        if len(pickles) != 1:
            self._zip.close()
            raise CheckpointError(
                f"expected one data.pkl in {path.name}, found {len(pickles)}; "
                "it is not a file written by torch.save"
            )
        self.root = pickles[0].removesuffix("/data.pkl")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def pickle(self) -> bytes:
        """The program that describes the content."""
        written = b"little"
        if f"{self.root}/byteorder" in self._zip.NameToInfo:
            written = self._read("byteorder", 16)
        if written != sys.byteorder.encode():
            raise CheckpointError(
                f"{self.name} was written with another byte order than this CPU's"
            )
        return self._read("data.pkl", MAX_PICKLE_BYTES)

    def storage(self, key: str, dtype: torch.dtype, count: int) -> Tensor:
        """(count,) view of the storage that the file calls `key`."""
        start, size = self._span(f"data/{key}")
        if size != count * dtype.itemsize:
            raise CheckpointError(
                f"storage {key} of {self.name}: expected {count} numbers of {dtype}, "
                f"got {size:,} bytes; the file is damaged"
            )
        self._num_storage_bytes += size
        if self._num_storage_bytes > self._size:  # else copies below could fill the memory
            raise CheckpointError(f"storages of {self.name} overlap; the file is damaged")
        if not size:
            return torch.empty(0, dtype=dtype, device="cpu")
        if self._mapping is None:
            self._mapping = _map(self._path, self._size)
        part = self._mapping[start : start + size]  # a storage of its own, without a copy
        if start % dtype.itemsize:  # torch.save aligns to 64 bytes; others may not
            part = part.clone()
        return torch.empty(0, dtype=dtype, device="cpu").set_(part, 0, (count,), (1,))

    def _read(self, member: str, max_bytes: int) -> bytes:
        start, size = self._span(member)
        if size > max_bytes:
            raise CheckpointError(f"{member} in {self.name} is too large ({size:,} bytes)")
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def _span(self, member: str) -> tuple[int, int]:
        """(first byte, number of bytes) of a member in the file."""
        info = self._zip.NameToInfo.get(f"{self.root}/{member}")
        if info is None:
            raise CheckpointError(f"{self.name} lacks {member}; the file is damaged")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise CheckpointError(
                f"{member} of {self.name} is compressed or encrypted, which torch.save never does"
            )
        with self._path.open("rb") as file:
            file.seek(info.header_offset)
            header = file.read(30)
        if len(header) < 30 or header[:4] != b"PK\3\4":
            raise CheckpointError(f"the entry {member} of {self.name} is damaged")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        start = info.header_offset + 30 + name_length + extra_length
        if start + info.file_size > self._size:
            raise CheckpointError(f"{self.name} ends inside {member}; the file is cut short")
        return start, info.file_size


def _map(path: Path, size: int) -> Any:
    """Map a file privately: whatever is written to its tensors stays in memory."""
    mapped = torch.UntypedStorage.from_file(str(path), False, size)
    return mapped.clone() if size < IN_MEMORY_BYTES else mapped

"""The document and the bytes of a `.glb` or `.gltf`; nothing in it is trusted."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.files import open_file
from splat_widgets.io.errors import FormatError
from splat_widgets.io.gltf.layout import BIN_CHUNK, COMPONENTS, JSON_CHUNK, MAGIC, WIDTHS
from splat_widgets.sizes import format_bytes

_MOST_JSON_BYTES = 64 * 10**6
_INLINE = "base64,"


@dataclass(frozen=True)
class Document:
    """A glTF: its JSON, the buffer that comes with it, and where it lies."""

    path: Path
    json: dict[str, Any]
    inner: bytes | None  # the binary chunk of a .glb

    @classmethod
    def of(cls, path: Path) -> Document:
        """That of a file.

        Raises:
            FormatError: if it is damaged or cut off.
            OSError: if it cannot be opened.
        """
        with open_file(path) as file:
            data = file.read()
        text, inner = (data, None) if not data.startswith(MAGIC) else _chunks(data, path)
        if len(text) > _MOST_JSON_BYTES:
            raise FormatError(f"its JSON is larger than {format_bytes(_MOST_JSON_BYTES)}", path)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"its JSON is damaged ({error})", path) from error
        if not isinstance(found, dict):
            raise FormatError("expected a JSON object", path)
        return cls(path, found, inner)

    def numbers(self, index: int) -> np.ndarray:
        """(N, width) or (N,) float32 of an accessor, its integers as shares if it says so.

        Raises:
            FormatError: if it lies outside its buffer, or is of a kind that is not read.
        """
        accessor = self.json["accessors"][index]
        if "sparse" in accessor or "bufferView" not in accessor:
            raise FormatError("expected accessors with plain buffers, got a sparse one", self.path)
        kind, width = COMPONENTS.get(accessor["componentType"]), WIDTHS.get(accessor["type"])
        if kind is None or width is None:
            raise FormatError(f"its accessor {index} is of an unknown type", self.path)
        view = self.json["bufferViews"][accessor["bufferView"]]
        buffer = self._buffers[view["buffer"]]
        first, length = int(view.get("byteOffset", 0)), int(view["byteLength"])
        start, count = int(accessor.get("byteOffset", 0)), int(accessor["count"])
        row = width * kind.itemsize
        stride = int(view.get("byteStride", row))
        end = start + (count - 1) * stride + row if count else 0
        if min(first, length, start, count) < 0 or stride < row:
            raise FormatError(f"its accessor {index} has negative sizes", self.path)
        if first + length > len(buffer) or end > length:
            raise FormatError(
                f"its accessor {index} lies outside its buffer; it is damaged or cut off", self.path
            )
        raw = np.ndarray((count, width), kind, buffer, first + start, (stride, kind.itemsize))
        found = raw.astype(np.float32)
        if accessor.get("normalized") and kind.kind in "iu":
            found = (found / np.iinfo(kind).max).clip(-1)
        return found[:, 0] if width == 1 else found

    @property
    def held_bytes(self) -> int:
        """Size of all buffers, one that is named twice counted once."""
        return sum(map(len, {id(one): one for one in self._buffers}.values()))

    @cached_property
    def _buffers(self) -> list[bytes]:
        found: dict[Any, bytes] = {}  # by address, so that one named many times is read once
        keys = [one.get("uri", number) for number, one in enumerate(self.json["buffers"])]
        for number, key in enumerate(keys):
            if key not in found:
                found[key] = self._buffer(number, self.json["buffers"][number])
        return [found[key] for key in keys]

    def _buffer(self, number: int, told: dict[str, Any]) -> bytes:
        uri = told.get("uri")
        if uri is None:
            if number or self.inner is None:
                raise FormatError("it lacks the buffer that it names", self.path)
            return self.inner
        if uri.startswith("data:"):
            try:
                return base64.b64decode(uri.partition(_INLINE)[2], validate=True)
            except ValueError as error:
                raise FormatError(f"its inline buffer is damaged ({error})", self.path) from error
        if Path(uri).name != uri or ":" in uri or "\\" in uri:
            raise FormatError(f"its buffer {uri[:80]!r} is not beside it; save a .glb", self.path)
        try:
            with open_file(self.path.parent / uri) as file:
                return file.read()
        except OSError as error:
            raise FormatError(
                f"its buffer {uri[:80]!r} is not beside it; open both together, or save a .glb",
                self.path,
            ) from error


def _chunks(data: bytes, path: Path) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk of a `.glb`."""
    if len(data) < 20:
        raise FormatError("expected a header of 20 bytes, got fewer; it is cut off", path)
    version, size = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise FormatError(f"expected glTF 2, got version {version}", path)
    if size > len(data):
        raise FormatError(f"expected {size:,} bytes, got {len(data):,}; it is cut off", path)
    found, place = {}, 12
    while place + 8 <= size:
        length, kind = struct.unpack_from("<II", data, place)
        if place + 8 + length > len(data):
            raise FormatError("one of its chunks lies outside the file; it is damaged", path)
        found.setdefault(kind, data[place + 8 : place + 8 + length])
        place += 8 + length
    if JSON_CHUNK not in found:
        raise FormatError("expected a JSON chunk, got none; it is damaged", path)
    return found[JSON_CHUNK], found.get(BIN_CHUNK)

"""Tensors in the safetensors format, to and from a stream, one at a time.

The format: the length of the header (8 bytes, little endian), the header (JSON: type, shape and
place of each tensor), the tensors' bytes one after another. See
https://github.com/huggingface/safetensors. Its library writes whole files; here the bytes go into
an archive without a second copy of them in memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from splat_widgets.io.scenefile.archive import Archive, Part
from splat_widgets.io.scenefile.errors import SceneFileError

PIECE_BYTES = 2**18  # still in the cache of the processor when they are written
_ROOM_BYTES = 32 * 2**20
_SMALL_BYTES = 2**20  # of a tensor that has memory of its own
_ALIGNED = 16  # bytes, as the memory that NumPy gets
_MAX_HEADER_BYTES = 16 * 2**20
_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint64: "U64",
    torch.uint32: "U32",
    torch.uint16: "U16",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_TYPES = {name: dtype for dtype, name in _NAMES.items()}


def write(file: IO[bytes], tensors: Mapping[str, Tensor]) -> None:
    """Write tensors of any device to a stream.

    Raises:
        SceneFileError: for a type that the format has no name for.
    """
    header: dict[str, Any] = {}
    end = 0
    for name, tensor in tensors.items():
        if tensor.dtype not in _NAMES:
            raise SceneFileError(f"{name}: a scene file cannot keep numbers of {tensor.dtype}")
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for tensor in tensors.values():
        data = _bytes(tensor.detach().cpu().contiguous())
        for first in range(0, len(data), PIECE_BYTES):
            file.write(data[first : first + PIECE_BYTES])


def read(archive: Archive, part: Part, pool: Executor) -> dict[str, Tensor]:
    """Tensors of a part.

    Args:
        archive: the file.
        part: which one.
        pool: threads that read.

    Raises:
        SceneFileError: for a header that is damaged or promises anything but the part's bytes, and
            for a wrong checksum.
    """
    length = int.from_bytes(archive.beginning(part, 8), "little")
    if not 2 <= length <= min(part.size - 8, _MAX_HEADER_BYTES):
        raise SceneFileError(f"its tensors have a header of {length:,} bytes in {part.size:,}")
    head = archive.beginning(part, 8 + length)
    try:
        header = json.loads(head[8:])
    except (ValueError, RecursionError) as error:
        raise SceneFileError(f"the header of its tensors is damaged ({error})") from error
    if not isinstance(header, dict):
        raise SceneFileError("the header of its tensors is no list of tensors")
    header.pop("__metadata__", None)
    entries = {name: _entry(name, one) for name, one in header.items()}
    shapes, place, size = {}, 0, part.size - len(head)
    for name, (dtype, shape, begin, end) in sorted(entries.items(), key=lambda one: one[1][2:]):
        if begin != place or end > size:
            raise SceneFileError(f"the tensor {name!r} does not lie where its file has it")
        shapes[name], place = (dtype, shape), end
    if place != size:
        raise SceneFileError(f"expected {place:,} bytes of tensors, got {size:,}")
    tensors = dict(zip(shapes, _empty([*shapes.values()]), strict=True))
    parsed = bytes(head)
    archive.fill(part, [memoryview(head), *map(_bytes, tensors.values())], pool)
    if head != parsed:
        raise SceneFileError("it changed while it was read")
    return {name: tensors[name] for name in header}


def _empty(shapes: Sequence[tuple[torch.dtype, tuple[int, ...]]]) -> Iterator[Tensor]:
    """Tensors to be filled, several in one piece of memory.

    NumPy asks for large pages, in which the system hands memory out in a third of the time; a
    tensor that stays keeps at most `_ROOM_BYTES` of others that went.
    """
    sizes = [math.prod(shape) * dtype.itemsize for dtype, shape in shapes]
    room, place = np.empty(0, np.uint8), 0
    for number, (dtype, shape) in enumerate(shapes):
        size = sizes[number]
        if size < _SMALL_BYTES:  # it would keep all the others; an empty one has no other type
            yield torch.empty(shape, dtype=dtype)
            continue
        if place + size > len(room):
            left = sum(one + _ALIGNED for one in sizes[number:])
            room, place = np.empty(max(size, min(left, _ROOM_BYTES)), np.uint8), 0
        yield torch.from_numpy(room[place : place + size]).view(dtype).reshape(shape)
        place += size + -size % _ALIGNED


def _entry(name: str, entry: Any) -> tuple[torch.dtype, tuple[int, ...], int, int]:
    """Type, shape and place of a tensor, checked against each other."""
    try:
        dtype = _TYPES[entry["dtype"]]
        shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
        numbers = (*shape, begin, end)
        if not all(type(number) is int and 0 <= number < 2**62 for number in numbers):
            raise ValueError
        if end - begin != math.prod(shape) * torch.empty((), dtype=dtype).element_size():
            raise ValueError
    except (KeyError, TypeError, ValueError) as error:
        raise SceneFileError(f"the entry of the tensor {str(name)[:80]!r} is damaged") from error
    return dtype, shape, begin, end


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor."""
    if not tensor.numel():
        return memoryview(b"")
    return tensor.reshape(-1).view(torch.uint8).numpy().data.cast("B")

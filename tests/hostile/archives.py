"""Checkpoints whose zip archive is damaged or lies."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator

import numpy as np

from hostile.case import Case
from hostile.weights import (
    OFFICIAL,
    archive,
    case,
    named,
    zipped,
)


def archives(random: np.random.Generator) -> Iterator[Case]:
    whole = OFFICIAL.read_bytes()
    for share in (0.01, 0.3, 0.9, 0.999):
        yield case(
            "archive: cut off",
            f"{share:.1%}",
            lambda s=share: whole[: int(len(whole) * s)],
            "refused",
        )
    for number in range(6):
        where = random.integers(0, len(whole), 30)
        yield case(
            "archive: flipped bytes",
            f"{number}",
            lambda w=where: _flipped(whole, w),
            "either",
            is_slow=True,
        )
    tail = random.integers(len(whole) - 3000, len(whole), (4, 9))
    for number, where in enumerate(tail):
        yield case(
            "archive: flipped bytes",
            f"its list, {number}",
            lambda w=where: _flipped(whole, w),
            "either",
            is_slow=True,
        )
    program = pickle.dumps({"state_dict": {}}, 2)
    for name, make in {
        "bomb": lambda: archive(bytes(300_000_000), zipfile.ZIP_DEFLATED),
        "bomb as a storage": lambda: archive(
            program, zipfile.ZIP_DEFLATED, data__0=bytes(300_000_000)
        ),
        "two programs": lambda: _two_programs(program),
        "no program": lambda: _without_program(),
        "names that leave the folder": lambda: named("../../data.pkl", program),
        "100,000 members": lambda: archive(program, **{f"data__{k}": b"" for k in range(100_000)}),
        "storage that is missing": lambda: _without_member(whole, "/data/0"),
        "storage that is short": lambda: _with_member(whole, "/data/0", b"1234"),
        "other byte order": lambda: _with_member(whole, "/byteorder", b"big"),
        "huge declared sizes": lambda: _huge_sizes(whole),
        "encrypted": lambda: _encrypted(whole),
    }.items():
        yield case(
            "archive: structure",
            name,
            make,
            "refused",
            max_mib=120,
            is_slow=name in ("bomb", "bomb as a storage", "100,000 members"),
        )


def _flipped(data: bytes, where: np.ndarray) -> bytes:
    array = np.frombuffer(data, np.uint8).copy()
    array[where] ^= 0x55
    return array.tobytes()


def _two_programs(program: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for folder in ("a", "b"):
            file.writestr(f"{folder}/data.pkl", program)
    return stream.getvalue()


def _without_program() -> bytes:
    return named("archive/version", b"3")


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {info.filename: file.read(info) for info in file.infolist()}


def _without_member(data: bytes, end: str) -> bytes:
    return zipped({k: v for k, v in _members(data).items() if not k.endswith(end)})


def _with_member(data: bytes, end: str, content: bytes) -> bytes:
    members = _members(data)
    root = next(iter(members)).split("/")[0]
    return zipped(members | {root + end: content})


def _huge_sizes(data: bytes) -> bytes:
    """The list of the archive says that its largest members have 4 GB."""
    start = data.rindex(b"PK\5\6")
    place = struct.unpack("<I", data[start + 16 : start + 20])[0]
    changed = bytearray(data)
    while changed[place : place + 4] == b"PK\1\2":
        changed[place + 20 : place + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
        lengths = struct.unpack("<HHH", changed[place + 28 : place + 34])
        place += 46 + sum(lengths)
    return bytes(changed)


def _encrypted(data: bytes) -> bytes:
    start = data.rindex(b"PK\5\6")
    place = struct.unpack("<I", data[start + 16 : start + 20])[0]
    changed = bytearray(data)
    changed[place + 8] |= 1
    return bytes(changed)

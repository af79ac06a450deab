"""The `.ksplat` of mkkellogg's viewer, which is read: sections of buckets of Gaussians.

A row is a centre, three standard deviations, a quaternion wxyz, four bytes of colour and opacity,
and spherical harmonics, degree by degree, of each degree all of red, then green, then blue. At
compression level 0 all numbers are float32. At levels 1 and 2, a centre is three steps of 16 bits
within its bucket, and the others half floats; harmonics are bytes within the header's range at
level 2. Axes are those of the scene's `.ply`, without any turn.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from splat_widgets.conventions import MAX_SH_DEGREE, SH_C0, sh_coefficients
from splat_widgets.io.errors import FormatError
from splat_widgets.io.head import Head
from splat_widgets.io.plain import plain_bytes
from splat_widgets.io.room import check_room
from splat_widgets.io.values import Values, joined, scene_of
from splat_widgets.scene.scene import Scene

HEADER = np.dtype(
    {
        "names": ["major", "minor", "sections", "used", "room", "count", "level", "low", "high"],
        "formats": ["u1", "u1", "<u4", "<u4", "<u4", "<u4", "<u2", "<f4", "<f4"],
        "offsets": [0, 1, 4, 8, 12, 16, 20, 36, 40],
        "itemsize": 4096,
    }
)
SECTION = np.dtype(
    {
        "names": [
            *("count", "room", "bucket_size", "buckets", "block"),
            *("bucket_bytes", "range", "full", "partial", "degree"),
        ],
        "formats": ["<u4", "<u4", "<u4", "<u4", "<f4", "<u2", "<u4", "<u4", "<u4", "<u2"],
        "offsets": [0, 4, 8, 12, 16, 20, 24, 32, 36, 40],
        "itemsize": 1024,
    }
)
_MOST_SECTIONS = 4096
_FULL_RANGE = 32_767  # of a centre's steps around the middle of its bucket
_SH_RANGE = 1.5  # of level 2, where the header names none


def is_one(head: Head) -> bool:
    """Whether the header of a file is that of a `.ksplat`."""
    if head.size < HEADER.itemsize + SECTION.itemsize or len(head.data) < HEADER.itemsize:
        return False
    header = np.frombuffer(head.data, HEADER, 1)[0]
    return bool(
        header["major"] == 0
        and 1 <= header["minor"] < 16
        and 1 <= header["sections"] <= _MOST_SECTIONS
        and header["used"] <= header["sections"]
        and header["count"] <= header["room"]
        and header["level"] <= 2
        and not any(head.data[64 : HEADER.itemsize])
    )


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """The scene in a `.ksplat`; arguments are those of `io.read`.

    Raises:
        FormatError: for a file that is damaged, cut off or of another version.
        ValueError: for names in `activated`.
        OSError: if the file cannot be opened.
    """
    path, data = plain_bytes(path, activated, "a .ksplat")
    if len(data) < HEADER.itemsize:
        raise FormatError("expected a header of 4,096 bytes, got fewer; it is cut off", path)
    header = np.frombuffer(data, HEADER, 1)[0]
    if header["major"] != 0 or header["minor"] < 1 or header["level"] > 2:
        raise FormatError(
            f"expected version 0.1 at level 0 to 2, got {header['major']}.{header['minor']} at "
            f"level {header['level']}",
            path,
        )
    number = int(header["sections"])
    start = HEADER.itemsize + number * SECTION.itemsize
    if not 0 < number <= _MOST_SECTIONS or start > len(data):
        raise FormatError(f"expected up to {_MOST_SECTIONS:,} sections, got {number:,}", path)
    parts = []
    for section in np.frombuffer(data, SECTION, number, HEADER.itemsize):
        rows = _rows(section, int(header["level"]))
        before = int(section["buckets"]) * int(section["bucket_bytes"])
        before += 4 * int(section["partial"])
        end = start + before + int(section["room"]) * rows.itemsize
        if end > len(data) or section["count"] > section["room"]:
            raise FormatError(
                f"expected {end:,} bytes, got {len(data):,}; it is damaged or cut off", path
            )
        if section["count"]:
            check_room(int(section["count"]), 1 + rows["rest"].shape[0] // 3, path)
            found = np.frombuffer(data, rows, int(section["count"]), start + before)
            parts.append(_values(found, section, header, data[start : start + before], path))
        start = end
    if not parts:
        raise FormatError("it holds no Gaussians", path)
    return scene_of(path, joined(parts), on_bad=on_bad)


def _rows(section: np.void, level: int) -> np.dtype:
    """The layout of a row."""
    degree = min(int(section["degree"]), MAX_SH_DEGREE)
    wide, center, fine = ("<f4", "<f4", "<f4") if level == 0 else ("<f2", "<u2", "<f2")
    return np.dtype(
        [
            ("means", center, 3),
            ("scales", wide, 3),
            ("quaternions", wide, 4),
            ("color", "u1", 4),
            ("rest", "u1" if level == 2 else fine, (3 * sh_coefficients(degree) - 3,)),
        ]
    )


@np.errstate(all="ignore")  # damaged numbers are found among the rows
def _values(
    rows: np.ndarray, section: np.void, header: np.void, buckets: bytes, path: Path
) -> Values:
    means = rows["means"].astype(np.float32)
    if header["level"]:
        steps = float(section["range"] or _FULL_RANGE)
        half = float(section["block"]) / 2
        means = (means - steps) * (half / steps) + _centres(section, buckets, path)
    rest = rows["rest"].astype(np.float32)
    if header["level"] == 2:
        low, high = float(header["low"]) or -_SH_RANGE, float(header["high"]) or _SH_RANGE
        rest = low + rest / 255 * (high - low)
    color = rows["color"].astype(np.float32) / 255
    dc = (color[:, :3] - 0.5) / SH_C0
    sh = [dc[:, None], *_bands(rest)]
    return Values(
        means.astype(np.float32),
        rows["scales"].astype(np.float32),
        rows["quaternions"].astype(np.float32),
        color[:, 3],
        np.concatenate(sh, axis=1).astype(np.float32),
    )


def _bands(rest: np.ndarray) -> Iterator[np.ndarray]:
    """(N, 2 d + 1, 3) of each degree d from 1 on."""
    place = 0
    for degree in range(1, MAX_SH_DEGREE + 1):
        size = 2 * degree + 1
        if place < rest.shape[1]:
            yield rest[:, place : place + 3 * size].reshape(-1, 3, size).transpose(0, 2, 1)
        place += 3 * size


def _centres(section: np.void, buckets: bytes, path: Path) -> np.ndarray:
    """(N, 3) middle of each row's bucket: full buckets first, then those of stated lengths."""
    partial, full, size = (int(section[name]) for name in ("partial", "full", "bucket_size"))
    count = int(section["count"])
    lengths = np.frombuffer(buckets, "<u4", partial).astype(np.int64)
    # A damaged file may name any lengths; what is beyond the rows is of no use.
    held = np.concatenate([np.full(min(full, count // max(size, 1) + 1), size), lengths])
    ends = np.cumsum(held.clip(0, count))
    places = np.searchsorted(ends, np.arange(count), side="right")
    if section["bucket_bytes"] != 12 or not size or places.max() >= int(section["buckets"]):
        raise FormatError("its buckets do not hold its rows; it is damaged", path)
    return np.frombuffer(buckets, "<f4", offset=4 * partial).reshape(-1, 3)[places]

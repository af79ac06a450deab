"""Sizes of files and memory, as users write them and read them.

We tell sizes in decimal units everywhere, as downloads, disks and cards are told: 1 kB is 1000
bytes, 1 MB is 1000 kB, 1 GB is 1000 MB. `client/src/page/sizes.ts` is the page's half. Users may
write binary units too: "50 MiB".
"""

from __future__ import annotations

import math
import re

_UNITS = {"": 1, "b": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmg", start=1)
    for ending, base in (("", 1000), ("b", 1000), ("ib", 1024))
}


def read_size(value: object, label: str) -> int:
    """A number of bytes, as a number or with a unit: "50 MB"."""
    match = None
    if not isinstance(value, bool):
        match = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([a-z]*)", str(value).strip().lower())
    if match is None or match[2] not in _UNITS:
        raise ValueError(
            f"{label}: expected a size such as 50000000, '50 MB' or '20MiB', got {value!r}"
        )
    size = math.floor(float(match[1]) * _UNITS[match[2]])
    if size < 1:
        raise ValueError(f"{label}: expected a size above zero, got {value!r}")
    return size


def format_bytes(num_bytes: float) -> str:
    """A size for people: "34.0 MB", "50 MB"."""
    units = ["B", "kB", "MB", "GB"]
    while num_bytes >= 999.95 and len(units) > 1:  # what would read "1000.0 kB" is "1.0 MB"
        num_bytes /= 1000
        units.pop(0)
    return f"{num_bytes:.0f} {units[0]}" if num_bytes % 1 == 0 else f"{num_bytes:.1f} {units[0]}"


def about_gigabytes(num_bytes: float) -> str:
    """A size that is only estimated: "0.6 GB", "3 GB"."""
    gigabytes = num_bytes / 1e9
    return f"{gigabytes:.1f} GB" if gigabytes < 2 else f"{round(gigabytes)} GB"

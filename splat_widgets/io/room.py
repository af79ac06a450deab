"""Whether a scene fits into memory, foreseen from its file's header."""

from __future__ import annotations

import os
from pathlib import Path

from splat_widgets import memory
from splat_widgets.io.errors import FormatError
from splat_widgets.sizes import format_bytes

# Measured with 400,000 Gaussians of each format and rounded up: what any reader takes at most while
# it reads is 292 bytes for each Gaussian of degree 0, 933 for each of degree 3.
_BYTES_PER_GAUSSIAN = 260
_BYTES_PER_COEFFICIENT = 45  # of spherical harmonics, three colours each
# The rows of a .ply stay in the file, and the system drops their pages: 224 bytes of degree 0, and
# of degree 3 592, or 648 with bad rows that are left out.
PLY_BYTES_PER_GAUSSIAN = 220
PLY_BYTES_PER_COEFFICIENT = 28
# What 32 bits lack of x, y and z in doubles, and its copy where bad rows are left out: 293 bytes a
# row then, of degree 0, 248 without bad rows.
PLY_BYTES_OF_DOUBLES = 48
_SMALL_BYTES = 2**28  # a question to the system costs more than such a scene


ANY_SIZE = "SPLAT_WIDGETS_ANY_SIZE"
"""Environment variable: 1 opens scenes of any size, for those who know better what is free."""


class NoRoomError(FormatError):
    """A scene that needs more memory than is free."""


def check_room(
    count: int,
    coefficients: int,
    path: Path,
    *,
    per_gaussian: int = _BYTES_PER_GAUSSIAN,
    per_coefficient: int = _BYTES_PER_COEFFICIENT,
    further_bytes: int = 0,
) -> None:
    """Refuse a scene that would not fit, before anything is allocated.

    Args:
        count: Gaussians, as the header says.
        coefficients: of spherical harmonics, for each.
        path: of the file.
        per_gaussian: bytes that its reader takes for each.
        per_coefficient: and for each of their coefficients.
        further_bytes: what its reader takes beside.

    Raises:
        NoRoomError: with what it takes and what is free.
    """
    each = per_gaussian + per_coefficient * coefficients
    check_bytes(count * each + further_bytes, f"{count:,} Gaussians", path)


def check_bytes(needed: int, what: str, path: Path) -> None:
    """The same for a number of bytes.

    Args:
        needed: at most, while the file is read.
        what: takes them, in words.
        path: of the file.

    Raises:
        NoRoomError: with what it takes and what is free.
    """
    if needed <= _SMALL_BYTES or os.environ.get(ANY_SIZE, "") not in ("", "0"):
        return
    if needed <= (free := memory.free_bytes()):
        return
    raise NoRoomError(
        f"opening its {what} takes up to {format_bytes(needed)} of memory, and "
        f"{format_bytes(free)} are free; close other notebooks and programs, use a machine with "
        "more memory, or save it with fewer Gaussians or no spherical harmonics where it was made "
        f"({ANY_SIZE}=1 opens it all the same)",
        path,
    )

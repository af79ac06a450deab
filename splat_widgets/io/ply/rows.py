"""The rows of a `.ply`'s vertices as a NumPy table, whichever way the file keeps them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from plyfile import PlyData

from splat_widgets.conventions import MAX_SH_DEGREE, sh_coefficients
from splat_widgets.files import open_file
from splat_widgets.io.ply.header import BOM, NUMBERS, Element, Header
from splat_widgets.io.ply.layout import NORMALS, PlyError, ply_columns

_TEXT_TIMES = 4  # measured: 3.4
_NAMES = {kind: name for name, kind in NUMBERS.items()}
# As Microsoft's C library writes what is not a number.
_FOREIGN_NAN = re.compile(rb"[+-]?(?:1\.#(?:IND|QNAN|SNAN)\w*|nan\(\w*\))", re.IGNORECASE)
_FOREIGN_INF = re.compile(rb"1\.#INF\w*", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """What a file keeps of each Gaussian."""

    degree: int  # of the SH that are read
    stored_degree: int  # of those in the file
    is_flat: bool  # two scales, as 2D Gaussian Splatting has

    def source_of(self, column: str) -> str:
        """Name in the file of a column of `ply_columns(degree)`."""
        if not column.startswith("f_rest_"):
            return column
        per_channel = (self.degree + 1) ** 2 - 1
        channel, number = divmod(int(column.removeprefix("f_rest_")), per_channel)
        return f"f_rest_{channel * ((self.stored_degree + 1) ** 2 - 1) + number}"


def check_columns(header: Header, path: Path) -> Columns:
    """What the vertices hold, after checking that all that is needed is there.

    Raises:
        PlyError: for columns that are missing or lists, and for layouts of other programs.
    """
    names = [element.name for element in header.elements]
    if names.count("vertex") != 1:
        found = ", ".join(names) or "none"
        raise PlyError(f"expected one element 'vertex', got {found}", path)
    kinds = header.elements[names.index("vertex")].columns
    if "packed_position" in kinds:
        raise PlyError(
            "expected the standard 3DGS layout, got SuperSplat's compressed one; "
            "export it uncompressed",
            path,
        )
    stored = _stored_degree(kinds, path)
    columns = Columns(min(stored, MAX_SH_DEGREE), stored, "scale_2" not in kinds)
    needed = [
        columns.source_of(column)
        for column in ply_columns(columns.degree)
        if column not in NORMALS and not (columns.is_flat and column == "scale_2")
    ]
    missing = [column for column in needed if column not in kinds]
    if missing:
        raise PlyError(
            f"expected the columns of 3D Gaussian Splatting, missing "
            f"{_listed(missing)}; got {_listed(list(kinds))}",
            path,
        )
    lists = [column for column in needed if isinstance(kinds[column], tuple)]
    if lists:
        raise PlyError(f"expected numbers, got lists in {_listed(lists)}", path)
    return columns


def read_rows(header: Header, path: Path) -> np.ndarray:
    """(N,) structured array of the vertices; a memory map of the file where that is possible.

    Text is read as doubles, whatever the header says of its columns.

    Raises:
        PlyError: if the data do not have the form that the header says.
        OSError: if the file cannot be read.
    """
    elements = _needed(header)
    if _is_read_one_by_one(header):
        return _read_one_by_one(header, elements, path)
    order = "<" if header.form == "binary_little_endian" else ">"
    *before, vertex = (_row_type(element, order) for element in elements)
    start = header.start + sum(e.count * t.itemsize for e, t in zip(elements, before, strict=False))
    count = elements[-1].count
    if not count:
        return np.empty(0, vertex)
    return np.memmap(path, vertex, "r", start, (count,))


def text_bytes(header: Header, path: Path) -> int:
    """Bytes that rows without a fixed size take beside the table: their file several times."""
    return _TEXT_TIMES * path.stat().st_size if _is_read_one_by_one(header) else 0


def _is_read_one_by_one(header: Header) -> bool:
    return header.is_text or any(element.has_lists for element in _needed(header))


def _needed(header: Header) -> Sequence[Element]:
    """What comes after the vertices is not needed."""
    return header.elements[: header.elements.index(header.vertex) + 1]


def _row_type(element: Element, order: str) -> np.dtype:
    return np.dtype([(name, f"{order}{kind}") for name, kind in element.columns.items()])


def _read_one_by_one(header: Header, elements: Sequence[Element], path: Path) -> np.ndarray:
    """Rows of text, and rows with lists, which have no fixed size."""
    with open_file(path) as file:
        file.seek(header.start)
        data = file.read()
    if header.is_text:
        elements = [_as_doubles(element) for element in elements]
        data = _tidied(data, sum(element.count for element in elements))
    lines = ["ply", f"format {header.form} 1.0", *_declared(elements), "end_header", ""]
    clean = "\n".join(lines).encode("ascii", "backslashreplace")
    try:
        rows: Any = PlyData.read(io.BytesIO(clean + data))["vertex"].data
    except Exception as error:  # plyfile raises its own errors, and NumPy's, on damaged files
        raise PlyError(f"damaged data ({error})", path) from error
    return rows


def _declared(elements: Iterable[Element]) -> Iterable[str]:
    for element in elements:
        yield f"element {element.name} {element.count}"
        for name, kind in element.columns.items():
            kinds = ("list", *kind) if isinstance(kind, tuple) else (kind,)
            yield " ".join(["property", *(_NAMES.get(kind, kind) for kind in kinds), name])


def _as_doubles(element: Element) -> Element:
    """The same columns for text: digits say more than a float32 may hold."""
    return replace(
        element,
        columns={
            name: (kind[0], "f8") if isinstance(kind, tuple) else "f8"
            for name, kind in element.columns.items()
        },
    )


def _tidied(text: bytes, count: int) -> bytes:
    """The first lines, without what editors add: byte order marks, blank lines, line ends."""
    lines = (line for line in text.removeprefix(BOM).splitlines() if line.strip())
    kept = b"\n".join(islice(lines, count))
    if b"#" in kept or b"(" in kept:
        kept = _FOREIGN_INF.sub(b"inf", _FOREIGN_NAN.sub(b"nan", kept))
    return kept + b"\n"


def _stored_degree(kinds: Iterable[str], path: Path) -> int:
    rest = sum(name.startswith("f_rest_") for name in kinds)
    degree = isqrt(rest // 3 + 1) - 1
    if rest != 3 * ((degree + 1) ** 2 - 1):
        known = ", ".join(str(3 * (sh_coefficients(d) - 1)) for d in range(MAX_SH_DEGREE + 1))
        raise PlyError(f"expected {known} columns f_rest_*, got {rest}", path)
    return degree


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")

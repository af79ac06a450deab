"""The header of a `.ply`, as programs and editors leave it, compared with the file's size."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from splat_widgets.files import open_file
from splat_widgets.io.ply.comments import COMMENT, OBJ_INFO, as_kept
from splat_widgets.io.ply.layout import PlyError

BOM = b"\xef\xbb\xbf"  # byte order mark, which editors put before UTF-8
NUMBERS = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
"""Names of the number types, and NumPy's for them."""

_FIRST_LINE = re.compile(rb"ply[ \t]*[\r\n]+", re.IGNORECASE)
_MAX_BYTES = 2**20  # as earlier versions wrote it
_FORMATS = ("ascii", "binary_little_endian", "binary_big_endian")


@dataclass(frozen=True)
class Element:
    """A table of the file."""

    name: str
    count: int
    # By column: NumPy's name of its numbers; of a list, those of its length and of its entries.
    columns: dict[str, str | tuple[str, str]] = field(default_factory=dict)

    @property
    def has_lists(self) -> bool:
        """Whether its rows have no fixed size."""
        return any(isinstance(kind, tuple) for kind in self.columns.values())

    def least_bytes(self, text: bool) -> int:
        """Smallest size in bytes: a list may be empty, a number is a digit and a space."""
        kinds = [kind[0] if isinstance(kind, tuple) else kind for kind in self.columns.values()]
        row = sum(2 if text else int(kind[1]) for kind in kinds)
        return self.count * max(row, 1)  # a row without columns counts as one byte


@dataclass(frozen=True)
class Header:
    """What the header says, and where the data begins."""

    form: str  # "ascii", "binary_little_endian" or "binary_big_endian"
    elements: tuple[Element, ...]
    comments: tuple[str, ...]  # and lines `obj_info …`
    start: int  # byte of the file at which the data begins

    @property
    def is_text(self) -> bool:
        """Whether the data are digits."""
        return self.form == "ascii"

    @property
    def vertex(self) -> Element:
        """The Gaussians; `check_columns` refuses files that have none or several."""
        return next(element for element in self.elements if element.name == "vertex")


def read_header(path: Path) -> Header:
    """Header of a file, refused where it promises more than the file holds.

    A byte order mark, blank lines, spaces around words, upper-case keywords, line ends of any
    system and comments in any encoding are taken.

    Raises:
        PlyError: if it is not understood, or promises more than there is.
    """
    with open_file(path) as file:
        head = file.read(_MAX_BYTES)
        size = file.seek(0, os.SEEK_END)
    lines, start = _split(head, path)
    form, comments, elements = "", [], []
    for number, line in enumerate(lines, start=1):
        text = _text(line).strip()
        words = text.split()
        keyword, rest = (words[0].lower(), words[1:]) if words else ("", [])
        match [keyword, *rest]:
            case ["" | "ply", *_]:
                pass
            case ["obj_info", *_]:
                comments.append(as_kept(OBJ_INFO, text[len(OBJ_INFO) :].strip()))
            case ["comment", *_]:
                comments.append(as_kept(COMMENT, text[len(COMMENT) :].strip()))
            case ["format", kind, "1.0"] if kind.lower() in _FORMATS:
                form = kind.lower()
            case ["element", name, count] if re.fullmatch(r"[0-9]{1,18}", count):
                elements.append(Element(name, int(count)))
            case ["property", *kinds, name] if elements and (kind := _kind(kinds)):
                _add_column(elements[-1], name, kind, path)
            case _:
                shown = " ".join(words)[:80]
                raise PlyError(f"header line {number} is not understood: {shown!r}", path)
    if not form:
        raise PlyError("expected a 'format' line in the header, got none", path)
    _check_size(elements, form == "ascii", size - start, path)
    return Header(form, tuple(elements), tuple(comments), start)


def _split(head: bytes, path: Path) -> tuple[list[bytes], int]:
    """Lines of the header, without 'end_header', and the byte after them."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PlyError("expected UTF-8 text or binary data, got UTF-16; save it as UTF-8", path)
    start = len(BOM) if head.startswith(BOM) else 0
    lines = head[start:].splitlines(keepends=True)
    if (
        not lines
        or lines[0].strip().lower() != b"ply"
        or lines[0].rstrip(b" \t") == lines[0].strip()
    ):
        raise PlyError(f"expected a file that starts with 'ply', got {head[:8]!r}", path)
    if not lines[-1].endswith((b"\n", b"\r")):
        del lines[-1]  # cut off at the end of what was read
    for number, line in enumerate(lines):
        start += len(line)
        if line.strip().lower() == b"end_header":
            # Where lines end in a bare return, a line feed is the first byte of the data.
            if line.endswith(b"\r\n") and not lines[0].endswith(b"\n"):
                start -= 1
            return lines[:number], start
    raise PlyError("expected 'end_header' in the first MB, got none", path)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _kind(words: list[str]) -> str | tuple[str, str] | None:
    """Of the words between 'property' and the column's name."""
    match [NUMBERS.get(word.lower(), word.lower()) for word in words]:
        case [kind] if kind in NUMBERS.values():
            return kind
        case ["list", length, kind] if {length, kind} <= set(NUMBERS.values()):
            return length, kind
    return None


def _add_column(element: Element, name: str, kind: str | tuple[str, str], path: Path) -> None:
    if name in element.columns:
        raise PlyError(f"expected one column {name}, got two in {element.name}", path)
    element.columns[name] = kind


def _check_size(elements: Iterable[Element], is_text: bool, got: int, path: Path) -> None:
    least = sum(element.least_bytes(is_text) for element in elements)
    if least > got + is_text:  # the last line may end without a newline
        promised = ", ".join(f"{element.count:,} x {element.name}" for element in elements)
        raise PlyError(
            f"expected at least {least:,} bytes of data ({promised}), got "
            f"{got:,}; the file is cut off or its header is wrong",
            path,
        )

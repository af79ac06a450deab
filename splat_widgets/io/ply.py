"""The `.ply` of 3D Gaussian Splatting (Kerbl et al. 2023), as its viewers and editors read it.

The file has one element `vertex` of binary little-endian float32, with the columns of
`ply_columns`: scales are natural logarithms, opacities are logits, quaternions are wxyz, normals
are zero. Spherical harmonics beyond the first band come channel by channel: all of red, then green,
then blue. Positions stay in the first camera's OpenCV frame, without any flip; the file's comments
say so.

Files are untrusted input: the header is compared with the size of the file before anything is
allocated, and every value that is used is checked.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from plyfile import PlyData, PlyElement

from splat_widgets.conventions import MAX_SH_DEGREE, sh_coefficients
from splat_widgets.files import local_path, open_file, replacing
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.version import __version__

logger = logging.getLogger(__name__)

OPACITY_MARGIN = 1e-6  # logits of 0 and 1 are infinite; 3DGS tools clamp to the same margin
SIGNATURE = "written by splat_widgets"
CONVENTION = (
    "frame: first camera, OpenCV axes (x right, y down, z forward), metres",
    "scale: natural log of the standard deviation; opacity: logit; rot: wxyz",
    "f_dc, f_rest: 3DGS spherical harmonics, f_rest channel-major",
)

_SMALLEST_SCALE = float(np.finfo(np.float32).tiny)  # so that a scale of zero has a logarithm
_NORMALS = ("nx", "ny", "nz")
# The groups of columns in the order of `ply_columns`, each with its first column.
_FIRST = {
    "means": "x",
    "normals": "nx",
    "dc": "f_dc_0",
    "rest": "f_rest_0",
    "opacities": "opacity",
    "scales": "scale_0",
    "quaternions": "rot_0",
}
_MAX_HEADER_BYTES = 2**20
_TYPE_BYTES = {
    **dict.fromkeys(("char", "uchar", "int8", "uint8"), 1),
    **dict.fromkeys(("short", "ushort", "int16", "uint16"), 2),
    **dict.fromkeys(("int", "uint", "int32", "uint32", "float", "float32"), 4),
    **dict.fromkeys(("double", "float64"), 8),
}


def ply_columns(degree: int) -> tuple[str, ...]:
    """Vertex properties of the standard 3DGS `.ply`, in their order, for an SH degree."""
    rest = 3 * (sh_coefficients(degree) - 1)
    return (
        *("x", "y", "z", "nx", "ny", "nz"),
        *(f"f_dc_{i}" for i in range(3)),
        *(f"f_rest_{i}" for i in range(rest)),
        "opacity",
        *(f"scale_{i}" for i in range(3)),
        *(f"rot_{i}" for i in range(4)),
    )


class PlyError(ValueError):
    """A `.ply` that cannot be read, or values that it cannot hold: expected, got."""

    def __init__(self, reason: str, path: Path | None = None) -> None:
        """`reason` says what is wrong, without the file's name; `path` is the file."""
        super().__init__(reason if path is None else f"{path.name}: {reason}")
        self.reason = reason


def write(
    path: str | os.PathLike[str], gaussians: Gaussians, *, comments: Iterable[str] = ()
) -> Path:
    """Write Gaussians as a `.ply`, all or nothing.

    A crash or a full disk leaves an older file as it was (`files.replacing`).

    Args:
        path: where to. Missing folders are made.
        gaussians: opacities are clamped to [1e-6, 1 - 1e-6], quaternions normalised.
        comments: provenance, one or more lines each; characters outside ASCII are escaped.

    Returns:
        The path written.

    Raises:
        PlyError: for NaN or infinite values, negative scales, opacities outside [0, 1] and zero
            quaternions; nothing is written.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path = local_path(path)
    columns = ply_columns(gaussians.sh_degree)
    table = _encode(gaussians)
    vertices = table.view([(column, "<f4") for column in columns]).reshape(len(table))
    document = PlyData(
        [PlyElement.describe(vertices, "vertex")],
        byte_order="<",
        comments=[f"{SIGNATURE} {__version__}", *CONVENTION, *_lines(comments)],
    )
    with replacing(path) as partial, partial.open("xb") as file:
        document.write(file)
    return path


def read(path: str | os.PathLike[str]) -> Gaussians:
    """Gaussians from a `.ply` of the 3DGS layout.

    Binary of either byte order and ASCII, columns in any order and of any numeric type are read;
    further columns, further elements and normals are ignored.

    Returns:
        float32 Gaussians on the CPU, in the file's own frame, quaternions normalised.

    Raises:
        PlyError: if the header is malformed or promises more than the file holds, a column is
            missing, or a value is not finite or out of range.
        OSError: if the file cannot be opened.
    """
    path = local_path(path)
    header = _read_header(path)
    degree = _check_columns(header, path)
    try:
        # The memory map is copied column by column and released before this function returns.
        vertices = PlyData.read(path, mmap="c")["vertex"].data
    except OSError:
        raise
    except Exception as error:  # plyfile raises its own errors, and NumPy's, on damaged files
        raise PlyError(f"damaged data ({error})", path) from error
    columns = ply_columns(degree)
    table = np.zeros((len(vertices), len(columns)), np.float32)
    with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite, refused below
        for place, column in enumerate(columns):
            if column not in _NORMALS:
                table[:, place] = vertices[column]
    if not any(comment.startswith(SIGNATURE) for comment in header.comments):
        _notice_faulty_exporter(table, degree, path)
    return _decode(table, degree, path)


def _layout(degree: int) -> dict[str, slice]:
    """Where each group of columns lies in `ply_columns(degree)`."""
    columns = ply_columns(degree)
    groups = [group for group, first in _FIRST.items() if first in columns]
    starts = [columns.index(_FIRST[group]) for group in groups]
    ends = [*starts[1:], len(columns)]
    return {group: slice(*span) for group, *span in zip(groups, starts, ends, strict=True)}


def _encode(gaussians: Gaussians) -> np.ndarray:
    """(N, columns) float32, little endian: the file's rows."""
    values = gaussians.to_numpy()
    for name, array in values.items():
        _refuse(name, ~np.isfinite(array), "finite numbers")
    opacities = values["opacities"].astype(np.float64)
    norms = np.linalg.norm(values["quaternions"].astype(np.float64), axis=1)
    _refuse("scales", values["scales"] < 0, "standard deviations of at least 0")
    # Half precision and sums of products leave the range by a rounding error; a logit by far more.
    _refuse("opacities", np.abs(opacities - 0.5) > 0.501, "opacities in [0, 1], not logits")
    _refuse("quaternions", norms == 0, "quaternions other than zero")

    degree, (count, k, _) = gaussians.sh_degree, gaussians.sh.shape
    layout = _layout(degree)
    opacities = opacities.clip(OPACITY_MARGIN, 1 - OPACITY_MARGIN)
    table = np.zeros((count, len(ply_columns(degree))), "<f4")
    table[:, layout["means"]] = values["means"]
    table[:, layout["dc"]] = values["sh"][:, 0]
    if degree:
        channel_major = values["sh"][:, 1:].transpose(0, 2, 1)  # (N, 3, K - 1)
        table[:, layout["rest"]] = channel_major.reshape(count, 3 * (k - 1))
    table[:, layout["opacities"]] = np.log(opacities / (1 - opacities))[:, None]
    table[:, layout["scales"]] = np.log(values["scales"].clip(_SMALLEST_SCALE))
    table[:, layout["quaternions"]] = values["quaternions"] / norms[:, None]
    return table


def _decode(table: np.ndarray, degree: int, path: Path) -> Gaussians:
    """Gaussians from (N, columns) float32, the file's rows."""
    layout = _layout(degree)
    allowed = np.isfinite(table)
    # Some tools write opacities of 0 and 1 as they are: -inf and inf, whose sigmoid is exact.
    allowed[:, layout["opacities"]] |= np.isinf(table[:, layout["opacities"]])
    with np.errstate(over="ignore"):
        scales = np.exp(table[:, layout["scales"]])
        opacities = 1 / (1 + np.exp(-table[:, layout["opacities"]].astype(np.float64)))
    if not allowed.all():
        for place, column in enumerate(ply_columns(degree)):
            _refuse(column, ~allowed[:, place], "finite numbers", path)
    for axis in range(3):
        _refuse(f"scale_{axis}", np.isinf(scales[:, axis]), "logarithms below 88.7", path)
    quaternions = table[:, layout["quaternions"]].astype(np.float64)
    norms = np.linalg.norm(quaternions, axis=1)
    _refuse("rot_0 to rot_3", norms == 0, "quaternions other than zero", path)

    count, k = len(table), sh_coefficients(degree)
    sh = np.empty((count, k, 3), np.float32)
    sh[:, 0] = table[:, layout["dc"]]
    if degree:
        sh[:, 1:] = table[:, layout["rest"]].reshape(count, 3, k - 1).transpose(0, 2, 1)
    return Gaussians(
        means=torch.from_numpy(table[:, layout["means"]].copy()),
        scales=torch.from_numpy(scales.clip(_SMALLEST_SCALE)),
        quaternions=torch.from_numpy((quaternions / norms[:, None]).astype(np.float32)),
        opacities=torch.from_numpy(opacities[:, 0].astype(np.float32)),
        sh=torch.from_numpy(sh),
    )


def _refuse(name: str, wrong: np.ndarray, expected: str, path: Path | None = None) -> None:
    """PlyError if anything is marked wrong: column, expected, how many rows, the first."""
    rows = np.flatnonzero(wrong.any(axis=tuple(range(1, wrong.ndim))))
    if len(rows):
        raise PlyError(
            f"{name}: expected {expected}, got {len(rows):,} of {len(wrong):,} rows "
            f"otherwise, the first at row {rows[0]}",
            path,
        )


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    types: dict[str, str]  # by property; "list" for a list

    def least_bytes(self, text: bool) -> int:
        """Smallest size in bytes: a list may be empty, a number is a digit and a space."""
        sizes = [2 if text else _TYPE_BYTES.get(kind, 1) for kind in self.types.values()]
        return self.count * max(sum(sizes), 1)  # a row without properties counts as one byte


@dataclass(frozen=True)
class _Header:
    elements: tuple[_Element, ...]
    comments: list[str]


def _read_header(path: Path) -> _Header:
    """Header of a file, refused where it promises more than the file holds."""
    with open_file(path) as file:
        head = file.read(_MAX_HEADER_BYTES)
        size = file.seek(0, os.SEEK_END)
    if not re.match(rb"ply[\r\n]", head):
        raise PlyError(f"expected a file that starts with 'ply', got {head[:8]!r}", path)
    form, comments, elements, used = "", [], [], 0
    lines = head.splitlines(keepends=True)
    if not lines[-1].endswith((b"\n", b"\r")):
        del lines[-1]  # cut off at the end of what was read
    for number, line in enumerate(lines, start=1):
        used += len(line)
        words = line.decode("latin-1").split()
        match words:
            case ["end_header"]:
                break
            case [] | ["ply"] | ["obj_info", *_]:
                pass
            case ["comment", *text]:
                comments.append(" ".join(text))
            case ["format", "ascii" | "binary_little_endian" | "binary_big_endian" as form, "1.0"]:
                pass
            case ["element", name, count] if re.fullmatch(r"\d{1,18}", count):
                elements.append(_Element(name, int(count), {}))
            case ["property", "list", length, kind, name] if (
                elements and {length, kind} <= _TYPE_BYTES.keys()
            ):
                _add_property(elements[-1], name, "list", path)
            case ["property", kind, name] if elements and kind in _TYPE_BYTES:
                _add_property(elements[-1], name, kind, path)
            case _:
                shown = " ".join(words)[:80]
                raise PlyError(f"header line {number} is not understood: {shown!r}", path)
    else:
        raise PlyError("expected 'end_header' in the first MiB, got none", path)
    if not form:
        raise PlyError("expected a 'format' line in the header, got none", path)
    least = sum(element.least_bytes(form == "ascii") for element in elements)
    if least > size - used + (form == "ascii"):  # the last line may end without a newline
        promised = ", ".join(f"{element.count:,} x {element.name}" for element in elements)
        raise PlyError(
            f"expected at least {least:,} bytes of data ({promised}), got "
            f"{size - used:,}; the file is cut off or its header is wrong",
            path,
        )
    return _Header(tuple(elements), comments)


def _add_property(element: _Element, name: str, kind: str, path: Path) -> None:
    if name in element.types:
        raise PlyError(f"expected one column {name}, got two in {element.name}", path)
    element.types[name] = kind


def _check_columns(header: _Header, path: Path) -> int:
    """SH degree of the columns, after checking that all are there."""
    names = [element.name for element in header.elements]
    if names.count("vertex") != 1:
        found = ", ".join(names) or "none"
        raise PlyError(f"expected one element 'vertex', got {found}", path)
    types = header.elements[names.index("vertex")].types
    if "packed_position" in types:
        raise PlyError(
            "expected the standard 3DGS layout, got SuperSplat's compressed one; "
            "export it uncompressed",
            path,
        )
    rest = sum(name.startswith("f_rest_") for name in types)
    by_count = {3 * (sh_coefficients(d) - 1): d for d in range(MAX_SH_DEGREE + 1)}
    if rest not in by_count:
        counts = ", ".join(map(str, by_count))
        raise PlyError(f"expected {counts} columns f_rest_*, got {rest}", path)
    needed = [column for column in ply_columns(by_count[rest]) if column not in _NORMALS]
    missing = [column for column in needed if column not in types]
    if missing:
        raise PlyError(
            f"expected the columns of 3D Gaussian Splatting, missing "
            f"{_listed(missing)}; got {_listed(list(types))}",
            path,
        )
    lists = [column for column in needed if types[column] == "list"]
    if lists:
        raise PlyError(f"expected numbers, got lists in {_listed(lists)}", path)
    return by_count[rest]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _notice_faulty_exporter(table: np.ndarray, degree: int, path: Path) -> None:
    """Log a warning when a file looks like those of the exporter that Splatt3R was released with.

    That exporter writes opacities without the logit, so that all lie in (0, 1). Its scales come
    from an SVD, in descending order, and its rotations do not belong to them. A hundred rows do not
    look like that by chance.
    """
    layout = _layout(degree)
    scales, opacities = table[:, layout["scales"]], table[:, layout["opacities"]]
    descending = (np.diff(scales, axis=1) <= 0).all()
    uneven = (scales[:, 0] - scales[:, 2] > 0.01).mean() if len(table) else 0
    if (
        len(table) >= 100
        and descending
        and uneven > 0.5
        and ((opacities > 0) & (opacities < 1)).all()
    ):
        logger.warning(
            "%s looks written by the exporter released with Splatt3R: its opacities are not logits "
            "and its rotations do not belong to its scales. It is read as it stands; reconstruct "
            "the scene again for right values.",
            path.name,
        )


def _lines(comments: Iterable[str]) -> Iterator[str]:
    """Comment lines that no header parser can stumble over."""
    for comment in [comments] if isinstance(comments, str) else comments:
        for line in comment.splitlines():
            text = "".join(c if c.isprintable() else " " for c in line)
            # Many viewers look for the first "end_header" anywhere in the file.
            text = text.replace("end_header", "end-header")
            yield text.encode("ascii", "backslashreplace").decode()

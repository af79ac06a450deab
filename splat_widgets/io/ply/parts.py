"""The bytes of a `.ply` in parts, each made when it is asked for, by any thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import overload

import numpy as np
from plyfile import PlyData, PlyElement

from splat_widgets.io.ply.comments import COMMENT, OBJ_INFO, header_lines
from splat_widgets.io.ply.layout import (
    ENCODING,
    FIRST_CAMERA,
    FLAG,
    GIVEN,
    KEPT,
    MEANS,
    OPACITY_MARGIN,
    PLACED,
    PLACED_METRES,
    SIGNATURE,
    UNSURE,
    groups,
    ply_columns,
)
from splat_widgets.io.values import SMALLEST_SCALE
from splat_widgets.scene.scene import Scene
from splat_widgets.version import __version__

NOTHING: Mapping[str, np.ndarray] = MappingProxyType({})
_PART_BYTES = 4 * 2**20
_FRAMES = {
    "first_camera": FIRST_CAMERA,
    "given": GIVEN,
    "placed": PLACED,
}


class Parts(Sequence[bytes]):
    """The header, then rows of about 4 MiB: a scene of any size takes little more memory.

    Args:
        scene: its values are not checked.
        comments: provenance, one or more lines each, after the scene's own.
        kept: further columns by name, each (N,) as `extra.columns` gives them.
    """

    def __init__(
        self,
        scene: Scene,
        comments: Iterable[str] = (),
        kept: Mapping[str, np.ndarray] = NOTHING,
    ) -> None:
        self._columns = ply_columns(scene.sh_degree)
        self._moved = moved = _coordinates(scene)
        wide = moved is not None and not np.array_equal(moved, moved.astype(np.float32))
        self._row = [(c, "<f8" if wide and c in MEANS else "<f4") for c in self._columns]
        self._row += [(name, _kind(array)) for name, array in kept.items()]
        self._values, self._kept = scene.gaussians.to_numpy(), kept
        self._degree, self._count = scene.sh_degree, len(scene)
        self._rows = max(1, _PART_BYTES // np.dtype(self._row).itemsize)
        lines = list(header_lines((*scene.comments, *comments)))
        self._header = PlyData(
            [PlyElement.describe(np.broadcast_to(np.zeros((), self._row), len(scene)), "vertex")],
            byte_order="<",
            comments=[
                f"{SIGNATURE} {__version__}",
                *_frame(scene),
                *ENCODING,
                *_unsure(scene),
                *([f"{KEPT} {', '.join(kept)}"] if kept else ()),
                *(text for keyword, text in lines if keyword == COMMENT),
            ],
            obj_info=[text for keyword, text in lines if keyword == OBJ_INFO],
        ).header

    def __len__(self) -> int:
        return 1 + -(-self._count // self._rows)

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[bytes]: ...

    def __getitem__(self, number: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(f"expected a part below {len(self)}, got {number}")
        if number == 0:
            return self._header.encode("ascii") + b"\n"
        piece = slice((number - 1) * self._rows, number * self._rows)
        table = _encode({name: array[piece] for name, array in self._values.items()}, self._degree)
        others = {name: array[piece] for name, array in self._kept.items()}
        if self._moved is not None:
            others |= dict(zip(MEANS, self._moved[piece].T, strict=True))
        if others:
            table = _rows(table, self._columns, others, self._row)
        return table.tobytes()


def _kind(values: np.ndarray) -> str:
    """NumPy's name of the column's type. A .ply has no flags, which a char is, and no 64 bits."""
    if values.dtype.kind == "b":
        return FLAG
    if values.dtype.kind == "f":
        return f"<f{values.itemsize}"
    for kind in ("<i2", "<i4", "<u4"):
        limits = np.iinfo(kind)
        if not len(values) or (limits.min <= values.min() and values.max() <= limits.max):
            return kind
    return "<f8"


def _frame(scene: Scene) -> Iterator[str]:
    """Whose frame it is in; nothing where nobody knows."""
    if scene.frame == "placed" and scene.metres == "given":
        yield PLACED_METRES
    elif scene.frame in _FRAMES:
        yield _FRAMES[scene.frame]


def _unsure(scene: Scene) -> Iterator[str]:
    """So that a reader looks at the columns again, which our own files spare it."""
    if scene.source is not None and scene.source.stored.columns:
        yield f"{UNSURE} {', '.join(scene.source.stored.columns)}"


def _rows(
    table: np.ndarray,
    columns: Sequence[str],
    others: Mapping[str, np.ndarray],
    row: list[tuple[str, str]],
) -> np.ndarray:
    """Rows of the file's types, with other numbers in some columns."""
    rows = np.empty(len(table), row)
    for number, column in enumerate(columns):
        rows[column] = table[:, number]
    for name, values in others.items():
        rows[name] = values
    return rows


def _coordinates(scene: Scene) -> np.ndarray | None:
    """(N, 3) float64, if something was taken off the scene's coordinates when it was read."""
    source = scene.source
    if source is None or not any(source.offset):
        return None
    return source.coordinates(scene.means).numpy()


@np.errstate(all="ignore")  # a user's own settings would make vanishing scales an error
def _encode(values: Mapping[str, np.ndarray], degree: int) -> np.ndarray:
    """(M, columns) float32, little endian: rows of the file from the fields of M Gaussians."""
    opacities = values["opacities"].astype(np.float64)
    turns = values["quaternions"]
    norms = np.sqrt(np.einsum("ij,ij->i", turns, turns, dtype=np.float64))
    count, k, _ = values["sh"].shape
    layout = groups(degree)
    opacities = opacities.clip(OPACITY_MARGIN, 1 - OPACITY_MARGIN)
    table = np.zeros((count, len(ply_columns(degree))), "<f4")
    table[:, layout["means"]] = values["means"]
    table[:, layout["dc"]] = values["sh"][:, 0]
    if degree:
        channel_major = values["sh"][:, 1:].transpose(0, 2, 1)  # (N, 3, K - 1)
        table[:, layout["rest"]] = channel_major.reshape(count, 3 * (k - 1))
    table[:, layout["opacities"]] = np.log(opacities / (1 - opacities))[:, None]
    table[:, layout["scales"]] = np.log(values["scales"].clip(SMALLEST_SCALE))
    table[:, layout["quaternions"]] = turns / norms[:, None]
    return table

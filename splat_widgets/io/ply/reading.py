"""`.ply` files to scenes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import torch

from splat_widgets.conventions import sh_coefficients
from splat_widgets.files import local_path
from splat_widgets.io import extra
from splat_widgets.io.ply.bad import counted, find_faults
from splat_widgets.io.ply.header import Header, read_header
from splat_widgets.io.ply.layout import (
    ENCODING,
    FIRST_CAMERA,
    FLAG,
    GIVEN,
    KEPT,
    MEANS,
    NORMALS,
    PLACED,
    PLACED_METRES,
    SIGNATURE,
    UNSURE,
    PlyError,
    groups,
    ply_columns,
)
from splat_widgets.io.ply.offset import moved
from splat_widgets.io.ply.rows import Columns, check_columns, read_rows, text_bytes
from splat_widgets.io.ply.suspicion import RELEASED_EXPORTER, is_of_released_exporter, suspects
from splat_widgets.io.room import (
    PLY_BYTES_OF_DOUBLES,
    PLY_BYTES_PER_COEFFICIENT,
    PLY_BYTES_PER_GAUSSIAN,
    check_room,
)
from splat_widgets.io.values import SMALLEST_SCALE
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.placement import AS_MEASURED
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import Column, Frame, Source

OnBad = Literal["drop", "raise"]

_FRAMES: dict[str, Frame] = {
    FIRST_CAMERA: "first_camera",
    GIVEN: "given",
    PLACED: "placed",
    PLACED_METRES: "placed",
}


@np.errstate(all="ignore")  # a user's own settings would make vanishing scales an error
def read(
    path: str | os.PathLike[str],
    *,
    on_bad: OnBad = "drop",
    activated: Column | Collection[Column] = (),
) -> Scene:
    """The scene in a `.ply` of the 3DGS layout.

    Binary of either byte order and ASCII, columns in any order and of any numeric type are read;
    further columns, further elements and normals are ignored. What was left out or looks wrong is
    in the scene's notices.

    Args:
        path: of the file.
        on_bad: what becomes of rows with NaN, infinite numbers or a quaternion of zero: they are
            left out and counted, or refused.
        activated: columns that hold plain values: "opacity" (in [0, 1], not logits), "scale"
            (standard deviations, not their logarithms).

    Returns:
        float32 Gaussians on the CPU, in the file's own frame, quaternions normalised, with the
        file's comments.

    Raises:
        PlyError: if the header is malformed or promises more than the file holds, a column is
            missing, or no row is left.
        ValueError: for another choice.
        OSError: if the file cannot be opened.
    """
    path, plain = local_path(path), _checked(on_bad, activated)
    header = read_header(path)
    columns = check_columns(header, path)
    check_room(
        header.vertex.count,
        sh_coefficients(columns.degree),
        path,
        per_gaussian=PLY_BYTES_PER_GAUSSIAN + _bytes_of_doubles(header),
        per_coefficient=PLY_BYTES_PER_COEFFICIENT,
        further_bytes=text_bytes(header, path),
    )
    rows = read_rows(header, path)
    table = _table(rows, columns)
    notices = list(_on_columns(columns))
    layout = groups(columns.degree)
    places = [rows[name] for name in MEANS]
    far = moved(places, table[:, layout["scales"]], table[:, layout["means"]])
    if far is not None:
        notices.append(far.sentence)
    faults = find_faults(table, columns.degree, plain)
    if faults and on_bad == "raise":
        raise PlyError(faults[0].sentence, path)
    kept = np.ones(len(table), bool)
    if faults:
        kept = ~np.any([fault.rows for fault in faults], axis=0)
        notices.append(counted(faults, len(table)))
        table = table[kept]
        if not len(table):
            raise PlyError(f"no row is left; {faults[0].sentence}", path)
    notices += _on_flat_axes(table, columns)
    source = _source_of(header)
    if not _is_ours(header) or any(line.startswith(UNSURE) for line in header.comments):
        source = _suspected(source, table, columns.degree, plain)
    if far is not None:
        rest = far.rest[kept] if faults else far.rest
        source = replace(source, offset=far.offset, rest=torch.from_numpy(rest))
    source = replace(source, notices=(*notices, *source.notices))
    scene = Scene(_decode(table, columns.degree, plain), path=path, source=source)
    extra.restore(scene, {name: _own(rows[name][kept]) for name in _kept_names(header, rows)})
    return scene


def _bytes_of_doubles(header: Header) -> int:
    """What coordinates take beside 32 bits, of each row: see `offset.moved`."""
    return PLY_BYTES_OF_DOUBLES if "f8" in map(header.vertex.columns.get, MEANS) else 0


def _own(column: np.ndarray) -> np.ndarray:
    """Values of an attribute as they were given: see `writing` for what a .ply has no type for."""
    if column.dtype.str == FLAG.replace("<", "|"):
        return column.astype(bool)
    values = column.astype(column.dtype.newbyteorder("="))
    return extra.whole(values) if values.dtype == np.float64 else values


def _checked(on_bad: str, activated: Column | Collection[Column]) -> tuple[str, ...]:
    if on_bad not in get_args(OnBad):
        raise ValueError(f"expected on_bad to be 'drop' or 'raise', got {on_bad!r}")
    plain = (activated,) if isinstance(activated, str) else tuple(activated)
    if not set(plain) <= set(get_args(Column)):
        raise ValueError(f"expected activated to name 'opacity' or 'scale', got {activated!r}")
    return plain


def _table(rows: np.ndarray, columns: Columns) -> np.ndarray:
    """(N, columns) float32, in the order of `ply_columns`; normals are zero."""
    names = ply_columns(columns.degree)
    table = np.zeros((len(rows), len(names)), np.float32)
    for place, column in enumerate(names):
        if column == "scale_2" and columns.is_flat:
            table[:, place] = -np.inf
        elif column not in NORMALS:
            table[:, place] = rows[columns.source_of(column)]
    return table


def _on_columns(columns: Columns) -> Iterator[str]:
    if columns.is_flat:
        yield (
            "There is no column scale_2, as in files of 2D Gaussian Splatting: the third axis of "
            "every Gaussian vanishes."
        )
    if columns.stored_degree > columns.degree:
        yield (
            f"Spherical harmonics of degree {columns.stored_degree} are read up to degree "
            f"{columns.degree}; the finer part of the colours is left out."
        )


def _on_flat_axes(table: np.ndarray, columns: Columns) -> Iterator[str]:
    scales = table[:, groups(columns.degree)["scales"]]
    if columns.is_flat or not len(scales) or not np.isneginf(scales.min()):
        return
    flat = int(np.isneginf(scales).any(axis=1).sum())
    yield f"{flat:,} of {len(table):,} Gaussians have an axis without extent."


def _kept_names(header: Header, rows: np.ndarray) -> Iterator[str]:
    """Columns that one of our files says are attributes of the scene."""
    for comment in header.comments if _is_ours(header) else ():
        if comment.startswith(KEPT):
            names = (name.strip() for name in comment.removeprefix(KEPT).split(","))
            yield from (name for name in names if name in (rows.dtype.names or ()))


def _is_ours(header: Header) -> bool:
    return any(comment.startswith(SIGNATURE) for comment in header.comments)


def _source_of(header: Header) -> Source:
    """The file's own comments, and whose frame it is in where it is one of our files."""
    if not _is_ours(header):
        return Source(header.comments)
    frames: list[Frame] = [_FRAMES[line] for line in header.comments if line in _FRAMES]
    ours = {*_FRAMES, *ENCODING}
    own = (
        c for c in header.comments if c not in ours and not c.startswith((SIGNATURE, UNSURE, KEPT))
    )
    placement = AS_MEASURED if PLACED_METRES in header.comments else None
    return Source(tuple(own), frame=frames[0] if frames else "unknown", placement=placement)


def _suspected(source: Source, table: np.ndarray, degree: int, plain: Collection[str]) -> Source:
    """The source with what a foreign file seems to have got wrong."""
    stored, sentences = suspects(table, degree, plain)
    if not plain and is_of_released_exporter(table, degree):
        sentences = (*sentences, RELEASED_EXPORTER)
    return replace(source, stored=stored, notices=sentences)


def _decode(table: np.ndarray, degree: int, plain: Collection[str]) -> Gaussians:
    """Gaussians from (N, columns) float32, the file's rows."""
    layout, count, k = groups(degree), len(table), sh_coefficients(degree)
    scales, opacities = table[:, layout["scales"]], table[:, layout["opacities"]].astype(np.float64)
    quaternions = table[:, layout["quaternions"]].astype(np.float64)
    norms = np.linalg.norm(quaternions, axis=1, keepdims=True)
    sh = np.empty((count, k, 3), np.float32)
    sh[:, 0] = table[:, layout["dc"]]
    if degree:
        sh[:, 1:] = table[:, layout["rest"]].reshape(count, 3, k - 1).transpose(0, 2, 1)
    if "scale" not in plain:
        scales = np.exp(scales)
    opacities = opacities.clip(0, 1) if "opacity" in plain else 1 / (1 + np.exp(-opacities))
    return Gaussians(
        means=torch.from_numpy(table[:, layout["means"]].copy()),
        scales=torch.from_numpy(scales.clip(SMALLEST_SCALE)),
        quaternions=torch.from_numpy((quaternions / norms).astype(np.float32)),
        opacities=torch.from_numpy(opacities[:, 0].astype(np.float32)),
        sh=torch.from_numpy(sh),
    )

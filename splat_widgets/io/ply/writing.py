"""Scenes to `.ply` files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

import numpy as np
from plyfile import PlyData, PlyElement

from splat_widgets.files import local_path, replacing
from splat_widgets.io import extra
from splat_widgets.io.ply.layout import (
    ENCODING,
    FIRST_CAMERA,
    GIVEN,
    KEPT,
    MEANS,
    OPACITY_MARGIN,
    PLACED,
    PLACED_METRES,
    SIGNATURE,
    UNSURE,
    PlyError,
    groups,
    ply_columns,
)
from splat_widgets.io.values import SMALLEST_SCALE, check
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.version import __version__

NOTHING: Mapping[str, np.ndarray] = MappingProxyType({})
_PIECE_ROWS = 65_536  # a scene of any size takes a few dozen MiB of memory while it is written
_FRAMES = {
    "first_camera": FIRST_CAMERA,
    "given": GIVEN,
    "placed": PLACED,
}


def write(
    path: str | os.PathLike[str],
    scene: SceneLike,
    *,
    comments: Iterable[str] = (),
    attributes: Iterable[str] = (),
) -> Path:
    """Write the Gaussians of a scene as a `.ply`, all or nothing.

    A crash or a full disk leaves an older file as it was (`files.replacing`). What was taken off
    the coordinates when the scene was read is put back; where float32 cannot hold the sums, x, y
    and z are written as doubles.

    Args:
        path: where to. Missing folders are made.
        scene: opacities are clamped to [1e-6, 1 - 1e-6], quaternions normalised.
        comments: provenance, one or more lines each, after the scene's own; characters outside
            ASCII are escaped.
        attributes: names of the scene's attributes to keep as further columns.

    Returns:
        The path written.

    Raises:
        AttributeLookupError: for an attribute that the scene does not have.
        PlyError: for NaN or infinite values, negative scales, opacities outside [0, 1] and zero
            quaternions; nothing is written.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, known = local_path(path), Scene.of(scene)
    further = (comments,) if isinstance(comments, str) else comments
    check(known.gaussians, PlyError)
    kept = extra.columns(known, attributes)
    if taken := set(kept) & set(ply_columns(known.sh_degree)):
        raise PlyError(f"a .ply has columns {', '.join(sorted(taken))} of its own; leave them out")
    with replacing(path) as partial, partial.open("xb") as file:
        stream(file, known, comments=further, kept=kept)
    return path


def can_hold(gaussians: Gaussians) -> bool:
    """Whether a `.ply` can hold these values."""
    try:
        check(gaussians, PlyError)
    except PlyError:
        return False
    return True


def stream(
    file: IO[bytes],
    scene: Scene,
    *,
    comments: Iterable[str] = (),
    kept: Mapping[str, np.ndarray] = NOTHING,
) -> None:
    """Write the bytes of a `.ply` to a stream, piece by piece; its values are not checked.

    `kept` are further columns by name, each (N,) float32.
    """
    columns, moved = [*ply_columns(scene.sh_degree), *kept], _coordinates(scene)
    wide = moved is not None and not np.array_equal(moved, moved.astype(np.float32))
    row = [(column, "<f8" if wide and column in MEANS else "<f4") for column in columns]
    header = PlyData(
        [PlyElement.describe(np.broadcast_to(np.zeros((), row), len(scene)), "vertex")],
        byte_order="<",
        comments=[
            f"{SIGNATURE} {__version__}",
            *_frame(scene),
            *ENCODING,
            *_unsure(scene),
            *([f"{KEPT} {', '.join(kept)}"] if kept else ()),
            *comment_lines((*scene.comments, *comments)),
        ],
    ).header
    file.write(header.encode("ascii") + b"\n")
    values = scene.gaussians.to_numpy()
    for first in range(0, len(scene), _PIECE_ROWS):
        piece = slice(first, first + _PIECE_ROWS)
        table = _encode({name: array[piece] for name, array in values.items()}, scene.sh_degree)
        if kept:
            table = np.column_stack([table, *(array[piece] for array in kept.values())])
        if moved is not None:
            table = _with_places(table, columns, moved[piece], row)
        file.write(table.tobytes())


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


def _with_places(
    table: np.ndarray, columns: Sequence[str], places: np.ndarray, row: list[tuple[str, str]]
) -> np.ndarray:
    """Rows of the file's types, with other x, y and z."""
    rows = np.empty(len(table), row)
    for number, column in enumerate(columns):
        rows[column] = table[:, number]
    for number, column in enumerate(MEANS):
        rows[column] = places[:, number]
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
    norms = np.linalg.norm(values["quaternions"].astype(np.float64), axis=1)
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
    table[:, layout["quaternions"]] = values["quaternions"] / norms[:, None]
    return table


def comment_lines(comments: Iterable[str]) -> Iterator[str]:
    """Comment lines that no header parser can stumble over."""
    for comment in comments:
        for line in comment.splitlines():
            text = "".join(c if c.isprintable() else " " for c in line)
            # Many viewers look for the first "end_header" anywhere in the file.
            text = text.replace("end_header", "end-header")
            yield text.encode("ascii", "backslashreplace").decode()

"""Scenes to `.ply` files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from plyfile import PlyData, PlyElement

from splat_widgets.files import local_path, replacing
from splat_widgets.io.ply.layout import (
    ENCODING,
    FIRST_CAMERA,
    GIVEN,
    MEANS,
    OPACITY_MARGIN,
    SIGNATURE,
    SMALLEST_SCALE,
    PlyError,
    groups,
    ply_columns,
    wrong_rows,
)
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.version import __version__

_FRAMES = {"first_camera": (FIRST_CAMERA,), "given": (GIVEN,), "unknown": ()}


def write(path: str | os.PathLike[str], scene: SceneLike, *, comments: Iterable[str] = ()) -> Path:
    """Write the Gaussians of a scene as a `.ply`, all or nothing.

    A crash or a full disk leaves an older file as it was (`files.replacing`). What was taken off
    the coordinates when the scene was read is put back; where float32 cannot hold the sums, x, y
    and z are written as doubles.

    Args:
        path: where to. Missing folders are made.
        scene: opacities are clamped to [1e-6, 1 - 1e-6], quaternions normalised.
        comments: provenance, one or more lines each, after the scene's own; characters outside
            ASCII are escaped.

    Returns:
        The path written.

    Raises:
        PlyError: for NaN or infinite values, negative scales, opacities outside [0, 1] and zero
            quaternions; nothing is written.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, known = local_path(path), Scene.of(scene)
    further = (comments,) if isinstance(comments, str) else comments
    document = PlyData(
        [PlyElement.describe(_vertices(known), "vertex")],
        byte_order="<",
        comments=[
            f"{SIGNATURE} {__version__}",
            *_FRAMES[known.frame],
            *ENCODING,
            *_lines((*known.comments, *further)),
        ],
    )
    with replacing(path) as partial, partial.open("xb") as file:
        document.write(file)
    return path


@np.errstate(all="ignore")  # a user's own settings would make vanishing scales an error
def _vertices(scene: Scene) -> np.ndarray:
    """(N,) rows of the file, little endian."""
    table = _encode(scene.gaussians)
    columns = ply_columns(scene.sh_degree)
    rows = table.view([(column, "<f4") for column in columns]).reshape(len(table))
    source = scene.source
    if source is None or not any(source.offset):
        return rows
    places = source.coordinates(scene.means).numpy()
    if np.array_equal(places, places.astype(np.float32)):
        table[:, groups(scene.sh_degree)["means"]] = places
        return rows
    wide = np.empty(len(rows), [(c, "<f8" if c in MEANS else "<f4") for c in columns])
    for column in columns:
        wide[column] = places[:, MEANS.index(column)] if column in MEANS else rows[column]
    return wide


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


def _refuse(name: str, wrong: np.ndarray, expected: str) -> None:
    if text := wrong_rows(name, wrong, expected):
        raise PlyError(text)


def _lines(comments: Iterable[str]) -> Iterator[str]:
    """Comment lines that no header parser can stumble over."""
    for comment in comments:
        for line in comment.splitlines():
            text = "".join(c if c.isprintable() else " " for c in line)
            # Many viewers look for the first "end_header" anywhere in the file.
            text = text.replace("end_header", "end-header")
            yield text.encode("ascii", "backslashreplace").decode()

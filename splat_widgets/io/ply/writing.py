"""Scenes to `.ply` files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from splat_widgets.files import local_path, replacing
from splat_widgets.io import extra
from splat_widgets.io.ply.layout import PlyError, ply_columns
from splat_widgets.io.ply.parts import Parts
from splat_widgets.io.values import check
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike


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
        FormatError: for attributes that a .ply cannot hold; nothing is written.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, known = local_path(path), Scene.of(scene)
    further = (comments,) if isinstance(comments, str) else comments
    check(known.gaussians, PlyError)
    kept = extra.columns(known, attributes, floats=np.float64, title="a .ply")
    if taken := set(kept) & set(ply_columns(known.sh_degree)):
        raise PlyError(f"a .ply has columns {', '.join(sorted(taken))} of its own; leave them out")
    for name in kept:
        if not name.isascii() or "end_header" in name:
            raise PlyError(
                f"a .ply cannot have a column {name!r}: its header is ASCII and ends at the word "
                "end_header; register it under another name, or save a .splatscene"
            )
    with replacing(path) as partial, partial.open("xb") as file:
        for part in Parts(known, further, kept):
            file.write(part)
    return path


def can_hold(gaussians: Gaussians) -> bool:
    """Whether a `.ply` can hold these values."""
    try:
        check(gaussians, PlyError)
    except PlyError:
        return False
    return True

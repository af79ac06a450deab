"""Scenes as files: `read` and `write` choose the format by the suffix of the path."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from splat_widgets.gaussians import Gaussians
from splat_widgets.io import ply
from splat_widgets.io.ply import PlyError

__all__ = ["PlyError", "read", "save", "write"]

_FORMATS: dict[str, ModuleType] = {".ply": ply}


def read(path: str | os.PathLike[str]) -> Gaussians:
    """Gaussians from a file.

    Raises:
        ValueError: for an unknown suffix or unusable content (`PlyError` for a `.ply`).
        OSError: if the file cannot be opened.
    """
    return _format(path).read(path)


def write(
    path: str | os.PathLike[str], gaussians: Gaussians | Any, *, comments: Iterable[str] = ()
) -> Path:
    """Write Gaussians, or the `gaussians` of a reconstruction, in place of the file at a path.

    Args:
        path: where to; its suffix chooses the format.
        gaussians: `Gaussians`, or a record that has them as `gaussians`.
        comments: provenance lines to keep in the file.

    Returns:
        The path written.

    Raises:
        ValueError: for an unknown suffix or values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    record = _record(gaussians)
    return _format(path).write(path, record, comments=comments)


def save(
    scene: Gaussians | Any, path: str | os.PathLike[str], *, comments: Iterable[str] = ()
) -> Path:
    """`write` in the order of speech, `save(scene, "out/scene.ply")`; makes missing folders."""
    record, file_format = _record(scene), _format(path)  # refused before a folder is made
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return file_format.write(path, record, comments=comments)


def _record(scene: object) -> Gaussians:
    record = getattr(scene, "gaussians", scene)
    if not isinstance(record, Gaussians):
        raise TypeError(
            "expected Gaussians or a Reconstruction to write, got "
            f"{type(scene).__name__}; the path comes first in `write`, last in `save`"
        )
    return record


def _format(path: str | os.PathLike[str]) -> ModuleType:
    try:
        suffix = Path(path).suffix.lower()
    except TypeError as error:
        raise TypeError(f"expected a path, got {type(path).__name__}") from error
    if suffix not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise ValueError(f"expected a file name that ends in {known}, got {str(path)!r}")
    return _FORMATS[suffix]

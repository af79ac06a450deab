"""Scenes as files: the suffix of the path chooses the format."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from splat_widgets.files import existing_file, local_path
from splat_widgets.io import ply
from splat_widgets.io.ply import PlyError
from splat_widgets.scene.gaussians import Gaussians

__all__ = ["PlyError", "read", "save", "write"]

_FORMATS: dict[str, ModuleType] = {".ply": ply}


def read(path: str | os.PathLike[str]) -> Gaussians:
    """Gaussians from a file.

    Raises:
        ValueError: for an unknown suffix or unusable content (`PlyError` for a `.ply`).
        OSError: if there is no such file, or it cannot be opened.
    """
    path = existing_file(path)
    return _format(path).read(path)


def write(
    path: str | os.PathLike[str], gaussians: Gaussians | Any, *, comments: Iterable[str] = ()
) -> Path:
    """Write Gaussians, or the `gaussians` of a reconstruction, in place of the file at a path.

    Args:
        path: where to; its suffix chooses the format. Missing folders are made.
        gaussians: `Gaussians`, or a record that has them as `gaussians`.
        comments: lines to keep in the file, after the scene's own: where a reconstruction comes
            from and the licence of its weights.

    Returns:
        The path written.

    Raises:
        ValueError: for an unknown suffix or values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    record, path = _record(gaussians), local_path(path)
    return _format(path).write(path, record, comments=_comments(gaussians, comments))


def save(
    scene: Gaussians | Any, path: str | os.PathLike[str], *, comments: Iterable[str] = ()
) -> Path:
    """`write` in the order of speech: `save(scene, "out/scene.ply")`."""
    return write(path, scene, comments=comments)


def _record(scene: object) -> Gaussians:
    record = getattr(scene, "gaussians", scene)
    if not isinstance(record, Gaussians):
        raise TypeError(
            "expected Gaussians or a Reconstruction to write, got "
            f"{type(scene).__name__}; the path comes first in `write`, last in `save`"
        )
    return record


def _comments(scene: object, further: Iterable[str]) -> tuple[str, ...]:
    further = (further,) if isinstance(further, str) else further
    return (*getattr(scene, "comments", ()), *further)


def _format(path: Path) -> ModuleType:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise ValueError(f"expected a file name that ends in {known}, got {str(path)!r}")
    return _FORMATS[suffix]

"""Scenes as files: `read` and `write` choose the format by the suffix of the path."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from splat_widgets.io import ply
from splat_widgets.io.ply import PlyError
from splat_widgets.scene.gaussians import Gaussians

__all__ = ["PlyError", "read", "save", "write"]

_FORMATS: dict[str, ModuleType] = {".ply": ply}


def read(path: str | os.PathLike[str]) -> Gaussians:
    """Gaussians from a file.

    Raises:
        ValueError: for an unknown suffix or unusable content (`PlyError` for a `.ply`).
        OSError: if the file cannot be opened.
    """
    path = _expanded(path)
    return _format(path).read(path)


def write(
    path: str | os.PathLike[str], gaussians: Gaussians | Any, *, comments: Iterable[str] = ()
) -> Path:
    """Write Gaussians, or the `gaussians` of a reconstruction, in place of the file at a path.

    Args:
        path: where to; its suffix chooses the format.
        gaussians: `Gaussians`, or a record that has them as `gaussians`.
        comments: lines to keep in the file, after the scene's own: where a reconstruction comes
            from and the licence of its weights.

    Returns:
        The path written.

    Raises:
        ValueError: for an unknown suffix or values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    record, path = _record(gaussians), _expanded(path)
    return _format(path).write(path, record, comments=_comments(gaussians, comments))


def save(
    scene: Gaussians | Any, path: str | os.PathLike[str], *, comments: Iterable[str] = ()
) -> Path:
    """`write` in the order of speech, `save(scene, "out/scene.ply")`; makes missing folders."""
    record, path = _record(scene), _expanded(path)
    file_format = _format(path)  # refused before a folder is made
    path.parent.mkdir(parents=True, exist_ok=True)
    return file_format.write(path, record, comments=_comments(scene, comments))


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


def _expanded(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path).expanduser()
    except TypeError as error:
        raise TypeError(f"expected a path, got {type(path).__name__}") from error
    except RuntimeError as error:  # "~name" of a user who is not there
        raise ValueError(f"expected a path, got {str(path)!r}: {error}") from error


def _format(path: Path) -> ModuleType:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise ValueError(f"expected a file name that ends in {known}, got {str(path)!r}")
    return _FORMATS[suffix]

"""Scenes as files: the suffix of the path chooses the format."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from types import ModuleType

from splat_widgets import notices
from splat_widgets.files import existing_file, local_path
from splat_widgets.io import ply, scenefile
from splat_widgets.io.ply import PlyError
from splat_widgets.io.ply.reading import OnBad
from splat_widgets.io.scenefile import PhotoQuality, SceneFileError
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.scene.source import Column

__all__ = ["SCENE_SUFFIX", "PlyError", "SceneFileError", "load", "read", "save", "write"]

SCENE_SUFFIX = ".splatscene"
_FORMATS: dict[str, ModuleType] = {".ply": ply, SCENE_SUFFIX: scenefile}


def load(
    path: str | os.PathLike[str],
    *,
    on_bad: OnBad = "drop",
    activated: Column | Collection[Column] = (),
) -> Scene:
    """The scene in a file, with a warning for all that its reader noticed.

    Args:
        path: of the file; its suffix chooses the format.
        on_bad: what becomes of rows with NaN, infinite numbers or a quaternion of zero: "drop"
            leaves them out and counts them, "raise" refuses the file.
        activated: columns in which the file has plain values where a `.ply` has encoded ones:
            "opacity" in [0, 1] for logits, "scale" as standard deviations for their logarithms.

    Raises:
        ValueError: for an unknown suffix, unusable content or a web address.
        FileNotFoundError: for a path without a file.
        OSError: if the file cannot be opened.
    """
    scene = read(path, on_bad=on_bad, activated=activated)
    for notice in () if scene.source is None else scene.source.notices:
        notices.warn(f"{Path(path).name}: {notice}")
    return scene


def read(
    path: str | os.PathLike[str],
    *,
    on_bad: OnBad = "drop",
    activated: Column | Collection[Column] = (),
) -> Scene:
    """The scene in a file; what was left out or looks wrong is in its notices.

    Args:
        path: of the file; its suffix chooses the format.
        on_bad: what becomes of rows with NaN, infinite numbers or a quaternion of zero: "drop"
            leaves them out and counts them, "raise" refuses the file.
        activated: columns in which the file has plain values where a `.ply` has encoded ones:
            "opacity" in [0, 1] for logits, "scale" as standard deviations for their logarithms.

    Raises:
        ValueError: for an unknown suffix, unusable content (`PlyError` for a `.ply`), another
            choice or a web address.
        FileNotFoundError: for a path without a file.
        OSError: if the file cannot be opened.
    """
    local = existing_file(path)
    return _format(local).read(local, on_bad=on_bad, activated=activated)


def write(
    path: str | os.PathLike[str],
    scene: SceneLike,
    *,
    comments: Iterable[str] = (),
    photos: PhotoQuality | None = None,
) -> Path:
    """Write a scene to a file; an older file is replaced.

    Args:
        path: where to; its suffix chooses the format: `.splatscene` keeps everything, `.ply` the
            Gaussians. Missing folders are made.
        scene: what `Scene.of` takes.
        comments: lines to keep in the file, after the scene's own: where a reconstruction comes
            from and the licence of its weights.
        photos: of a `.splatscene`: "full" keeps the photos as the scene has them (the default),
            "small" as thumbnails.

    Returns:
        The path written.

    Raises:
        TypeError: if it is not a scene.
        ValueError: for an unknown suffix or values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    target = _target(path)
    form = _format(target)
    if photos is None:
        return form.write(target, scene, comments=comments)
    if form is not scenefile:
        raise ValueError(f"expected a {SCENE_SUFFIX} to keep photos in, got {target.name!r}")
    return scenefile.write(target, scene, comments=comments, photos=photos)


def save(
    scene: SceneLike,
    path: str | os.PathLike[str],
    *,
    comments: Iterable[str] = (),
    photos: PhotoQuality | None = None,
) -> Path:
    """Write a scene to a file: `save(scene, "out/scene.ply")`.

    Args:
        scene: what `Scene.of` takes.
        path: where to; its suffix chooses the format. Missing folders are made.
        comments: lines to keep in the file, after the scene's own.
        photos: as in `io.write`.

    Returns:
        The path written; errors are those of `io.write`.
    """
    return write(path, scene, comments=comments, photos=photos)


def _target(path: str | os.PathLike[str]) -> Path:
    try:
        return local_path(path)
    except TypeError as error:
        raise TypeError(f"{error}; the path comes first in `write`, last in `save`") from None


def _format(path: Path) -> ModuleType:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise ValueError(f"expected a file name that ends in {known}, got {str(path)!r}")
    return _FORMATS[suffix]

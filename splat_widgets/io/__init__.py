"""Scenes as files: their content tells the format when they are read, their name when written."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from splat_widgets import notices
from splat_widgets.files import existing_file, flushing, local_path, replacing
from splat_widgets.io import formats
from splat_widgets.io.errors import FormatError
from splat_widgets.io.lost import lost, told
from splat_widgets.io.ply import PlyError
from splat_widgets.io.ply.reading import OnBad
from splat_widgets.io.scenefile import PhotoQuality, SceneFileError, own_names, with_inspection
from splat_widgets.io.verify import Saved, VerificationError, Verified, verified
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.scene.source import Column, Source

__all__ = [
    "SCENE_SUFFIX",
    "FormatError",
    "PlyError",
    "Saved",
    "SceneFileError",
    "VerificationError",
    "formats",
    "load",
    "read",
    "save",
    "write",
]

SCENE_SUFFIX = ".splatscene"


def load(
    path: str | os.PathLike[str],
    *,
    on_bad: OnBad = "drop",
    activated: Column | Collection[Column] = (),
) -> Scene:
    """The scene in a file, with a warning for all that its reader noticed.

    Args:
        path: of the file; its content tells the format, whatever its name.
        on_bad: what becomes of rows with NaN, infinite numbers or a quaternion of zero: "drop"
            leaves them out and counts them, "raise" refuses the file.
        activated: columns in which the file has plain values where a `.ply` has encoded ones:
            "opacity" in [0, 1] for logits, "scale" as standard deviations for their logarithms.

    Raises:
        FormatError: for a file that is no scene, or unusable content.
        ValueError: for a web address.
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
        path: of the file; its content tells the format, whatever its name.
        on_bad: what becomes of rows with NaN, infinite numbers or a quaternion of zero: "drop"
            leaves them out and counts them, "raise" refuses the file.
        activated: columns in which the file has plain values where a `.ply` has encoded ones:
            "opacity" in [0, 1] for logits, "scale" as standard deviations for their logarithms.

    Raises:
        FormatError: for a file that is no scene, or unusable content (`PlyError` for a `.ply`,
            `SceneFileError` for a `.splatscene`).
        ValueError: for another choice or a web address.
        FileNotFoundError: for a path without a file.
        OSError: if the file cannot be opened.
    """
    local = existing_file(path)
    form = formats.of_file(local)
    assert form.read is not None, "only formats that are read are recognised"
    scene = form.read(local, on_bad=on_bad, activated=activated)
    misnamed = formats.misnamed(local, form)
    return scene if misnamed is None else _noticed(scene, misnamed)


def write(
    path: str | os.PathLike[str],
    scene: SceneLike,
    *,
    format: str | None = None,
    comments: Iterable[str] = (),
    verify: bool = True,
    **options: Any,
) -> Saved:
    """Write a scene to a file; an older file is replaced. What the format loses is told once.

    Args:
        path: where to; its ending chooses the format: `.splatscene` keeps everything, the others
            Gaussians (`splat_widgets.io` lists them). Missing folders are made.
        scene: what `Scene.of` takes.
        format: name of another format than the path ends in, such as "compressed-ply".
        comments: lines to keep in the file, after the scene's own: where a reconstruction comes
            from and the licence of its weights.
        verify: read the file back by a reader that is not its writer, and compare covariance,
            opacity, colour, spherical harmonics and what it keeps of your own (attributes, the
            selection of an inspector) before it takes the place of an older one.
        options: of a `.splatscene`: `photos="full"` keeps the photos as the scene has them (the
            default), "small" as thumbnails. Of a `.ply` or `.glb`: `attributes=["confidence"]`
            keeps these beside the Gaussians. Of a `.spz`: `version=4` instead of 3.

    Returns:
        The path written, with its size and what reading it back found (`Saved.verified`).

    Raises:
        VerificationError: if the file reads back as another scene, by more than the format loses.
        TypeError: if it is not a scene, or for an unknown option.
        ValueError: for an unknown suffix or format, an option that the format does not have, or
            values that no file can hold.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    target = _target(path)
    form = formats.for_writing(target, format)
    given = {name: value for name, value in options.items() if value not in (None, ())}
    _check(given, form, target)
    known = with_inspection(scene) if form.keeps_all else Scene.of(scene)
    kept = own_names(known) if form.keeps_all else given.get("attributes", ())
    assert form.write is not None, "only formats that are written are chosen"
    with replacing(target) as partial, flushing(partial):
        form.write(partial, known, comments=comments, **given)
        found: Verified | str = "not verified"
        if verify:
            found = verified(partial, known, form, kept)
    photos = given.get("photos")
    if form.keeps_all and isinstance(found, Verified):
        found = replace(found, noted=(*found.noted, *lost(form, known, photos=photos)))
    if line := told(form, known, given.get("attributes", ()), photos):
        notices.tell(line)
    return Saved.at(target, found)


def save(
    scene: SceneLike,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    comments: Iterable[str] = (),
    photos: PhotoQuality | None = None,
    attributes: Iterable[str] = (),
    version: int | None = None,
    verify: bool = True,
) -> Saved:
    """Write a scene to a file: `save(scene, "out/scene.ply")`.

    Args:
        scene: what `Scene.of` takes. Of an inspector a `.splatscene` keeps selection, settings,
            undo and redo, with the Gaussians that were deleted, up to 64 MB.
        path: where to; its ending chooses the format. Missing folders are made.
        format: name of another format than the path ends in, such as "compressed-ply".
        comments: lines to keep in the file, after the scene's own.
        photos: of a `.splatscene`: "full" (the default) or "small" as thumbnails.
        attributes: of a `.ply` or `.glb`: names of the attributes to keep, such as
            ["confidence", "view", "row", "col"]. `load` gives the scene back those of your own by
            name, and those that only a scene of photos has as `saved_confidence` and so on.
        version: of a `.spz`: 3 (the default), which every reader knows, or 4.
        verify: read the file back and compare it, as in `io.write`.

    Returns:
        The path written, as a `Saved` that says what reading it back found; errors are those of
        `io.write`.
    """
    further = {"photos": photos, "attributes": _listed(attributes) or None, "version": version}
    return write(path, scene, format=format, comments=comments, verify=verify, **further)


def _listed(names: Iterable[str]) -> Iterable[str]:
    """A list of names; one name alone is refused where it is used."""
    return names if isinstance(names, str) else tuple(names)


def _check(options: Collection[str], form: formats.Format, target: Path) -> None:
    known = frozenset[str]().union(*(one.options for one in formats.FORMATS))
    for name in options:
        if name not in known:
            raise TypeError(f"expected options {', '.join(sorted(known))}, got {name!r}")
        if name not in form.options:
            able = ", ".join(one.suffix for one in formats.WRITABLE if name in one.options)
            raise ValueError(f"expected a {able} to keep {name} in, got {target.name!r}")


def _noticed(scene: Scene, notice: str) -> Scene:
    source = scene.source or Source()
    return replace(scene, source=replace(source, notices=(notice, *source.notices)))


def _target(path: str | os.PathLike[str]) -> Path:
    try:
        return local_path(path)
    except TypeError as error:
        raise TypeError(f"{error}; the path comes first in `write`, last in `save`") from None

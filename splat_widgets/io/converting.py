"""Scenes' files in another format, as `splat-widgets convert` makes them."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from splat_widgets import io, notices
from splat_widgets.attributes import AttributeLookupError
from splat_widgets.files import existing_file, local_path, make_folder
from splat_widgets.io import formats
from splat_widgets.io.lost import told
from splat_widgets.io.ply.reading import OnBad
from splat_widgets.scene.source import Column
from splat_widgets.sizes import format_bytes

_MAGIC = frozenset("*?[")  # in a path that is none: it is a pattern


def ends_as_scene(path: str | os.PathLike[str]) -> bool:
    """Whether a path ends as the file of a scene does."""
    return formats.of_name(local_path(path)) is not None


def scene_files(given: Iterable[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """The files that are named: themselves, those of scenes in a folder, those a pattern fits.

    Raises:
        FileNotFoundError: for a folder without a scene's file, and a pattern that fits none.
    """
    found: list[Path] = []
    for path in map(local_path, given):
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.is_file() and ends_as_scene(one))
            expected = f"files that end in {', '.join(formats.SCENE_SUFFIXES)}"
        elif _MAGIC & set(str(path)) and not path.exists():  # as Windows passes it on
            fitting = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
            inside = sorted(one for one in fitting if one.is_file())
            expected = "files that fit the pattern"
        else:
            inside, expected = [path], ""
        if not inside:
            raise FileNotFoundError(f"expected {expected}, found none at {path}")
        found += inside
    return tuple(found)


def convert_all(
    sources: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    *,
    format: str,
    say: Callable[[str], object] = print,
    **options: Any,
) -> tuple[Path, ...]:
    """Convert every file into a folder, each under its own name with the format's ending.

    A file that cannot be converted, or would get the name of another, is said; others go on.

    Args:
        sources: files, folders and patterns, as `scene_files` takes them.
        folder: where to; it is made if it is missing.
        format: name of the format, such as "spz".
        say: gets the lines of `convert`, and one for each file that failed.
        options: further arguments of `convert`.

    Returns:
        The paths written.

    Raises:
        ValueError: for a format that is not written, and at the end if some failed.
        OSError: if nothing is there, or the folder cannot be made.
    """
    form = formats.named(format)
    if form.write is None:
        raise ValueError(f"expected a format that is written, got {format!r}, which is only read")
    files = scene_files(sources)
    names = [_stem(file) + form.suffix for file in files]
    counts = Counter(names)
    target = make_folder(folder)
    written: list[Path] = []
    for file, name in zip(files, names, strict=True):
        if counts[name] > 1:
            say(
                f"  failed: {file.name}: {counts[name]} files would become {name}; give one at once"
            )
            continue
        try:
            written.append(convert(file, target / name, format=format, say=say, **options))
        except (ValueError, OSError) as error:
            say(f"  failed: {file.name}: {error}")
    if len(written) < len(files):
        raise ValueError(f"{len(files) - len(written)} of {len(files)} files were not converted")
    return tuple(written)


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    format: str | None = None,
    on_bad: OnBad = "drop",
    activated: Column | Collection[Column] = (),
    force: bool = False,
    attributes: Iterable[str] = (),
    say: Callable[[str], object] = print,
) -> Path:
    """Read a scene and write it in another format.

    Args:
        source: a file of any format that `io.read` takes.
        target: where to; missing folders are made.
        format: name of another format than the target's name ends in, such as "compressed-ply".
        on_bad: what becomes of wrong rows: "drop" leaves them out, "raise" refuses the file.
        activated: "opacity" and "scale", where a `.ply` has plain values in these columns.
        force: replace a file that is there.
        attributes: names of the attributes to keep, where the format keeps some.
        say: gets a line for each stage: what was read, noticed, written and lost.

    Returns:
        The path written.

    Raises:
        FileExistsError: if there is a file and `force` is not given.
        ValueError: for what cannot be read or written, as in `io.read` and `io.write`.
        OSError: if a file cannot be opened or written.
    """
    source, target = existing_file(source), local_path(target)
    form = _form_of(target, format)  # a bad name fails before a long read
    if target.exists() and not force:
        raise FileExistsError(f"{target} is there already; --force replaces it")
    started = time.perf_counter()
    scene = io.read(source, on_bad=on_bad, activated=activated)
    say(
        f"  read   {time.perf_counter() - started:6.2f} s  {source.name}: {scene!r}".splitlines()[0]
    )
    for notice in scene.notices:
        say(f"  noticed: {notice}")
    started = time.perf_counter()
    kept = tuple(attributes)
    options: dict[str, Any] = {"attributes": kept} if kept else {}
    with notices.quiet():  # what is lost is said here
        try:
            path = io.write(target, scene, format=format, **options)
        except AttributeLookupError as error:
            raise ValueError(str(error)) from error
    size = format_bytes(path.stat().st_size)
    took = time.perf_counter() - started
    say(f"  wrote  {took:6.2f} s  {path} ({size}, {path.sentence})")
    if line := formats.misnamed(target, form):
        say(f"  noticed: {line}")
    if line := told(form, scene, kept):
        say(f"  {line}")
    return path


def _form_of(target: Path, format: str | None) -> formats.Format:
    try:
        return formats.for_writing(target, format)
    except ValueError as error:
        if format is None and not ends_as_scene(target):
            raise ValueError(f"{error}; for a folder name a format, such as --format spz") from None
        raise


def _stem(path: Path) -> str:
    """A file's name without the ending of its format."""
    endings = [s for s in formats.SCENE_SUFFIXES if path.name.lower().endswith(s)]
    return path.name[: -len(max(endings, key=len))] if endings else path.stem

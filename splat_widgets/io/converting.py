"""A scene's file in another format, as `splat-widgets convert` makes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from splat_widgets import io, notices
from splat_widgets.attributes import AttributeLookupError
from splat_widgets.files import existing_file, local_path
from splat_widgets.io import formats
from splat_widgets.io.lost import told


def ends_as_scene(path: str | os.PathLike[str]) -> bool:
    """Whether a path ends as the file of a scene does."""
    return formats.of_name(local_path(path)) is not None


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    force: bool = False,
    attributes: Iterable[str] = (),
    say: Callable[[str], object] = print,
) -> Path:
    """Read a scene and write it in the format that the target's name ends in.

    Args:
        source: a file of any format that `io.read` takes.
        target: where to; missing folders are made.
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
    form = formats.for_writing(target)  # a bad name fails before a long read
    if target.exists() and not force:
        raise FileExistsError(f"{target} is there already; --force replaces it")
    started = time.perf_counter()
    scene = io.read(source)
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
            path = io.write(target, scene, **options)
        except AttributeLookupError as error:
            raise ValueError(str(error)) from error
    size = path.stat().st_size / 2**20
    took = time.perf_counter() - started
    say(f"  wrote  {took:6.2f} s  {path} ({size:.1f} MiB, {path.sentence})")
    if line := told(form, scene, kept):
        say(f"  {line}")
    return path

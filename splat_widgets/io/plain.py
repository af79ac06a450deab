"""What readers of files with plain values begin with; a `.ply` has encoded ones."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from splat_widgets.files import local_path, open_file


def plain_path(path: str | os.PathLike[str], activated: Collection[str], title: str) -> Path:
    """The `local_path` of a file, after the argument was refused that only a `.ply` has a use for.

    Args:
        path: of the file.
        activated: must be empty.
        title: of the format, in sentences: "a .spz".

    Raises:
        ValueError: for names in `activated`.
    """
    if activated:
        raise ValueError(f"{title} holds plain values: leave out `activated`")
    return local_path(path)


def plain_bytes(
    path: str | os.PathLike[str], activated: Collection[str], title: str
) -> tuple[Path, bytes]:
    """The same, with all of the file.

    Raises:
        OSError: if the file cannot be opened.
    """
    local = plain_path(path, activated, title)
    with open_file(local) as file:
        return local, file.read()

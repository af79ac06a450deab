"""Scenes that lie in a folder."""

from __future__ import annotations

from pathlib import Path

from splat_widgets.io import SCENE_SUFFIX, formats


def saved_files(folder: Path) -> list[str]:
    """Names of the scenes in a folder: whole ones, then those of other formats, newest first."""
    suffixes = tuple(formats.SCENE_SUFFIXES)
    try:
        files = [path for path in folder.iterdir() if path.name.endswith(suffixes)]
        newest = sorted(
            (path for path in files if path.is_file()),
            key=lambda path: path.stat().st_mtime,
            reverse=True,
        )
        return [path.name for path in sorted(newest, key=lambda path: path.suffix != SCENE_SUFFIX)]
    except OSError:
        return []

"""The studio's files: new ones in the output folder, saved ones, and bytes for the browser."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from splat_widgets import io
from splat_widgets.files import make_folder
from splat_widgets.scene.scene import Scene

_BOM = b"\xef\xbb\xbf"  # text editors put it first


def write_new(scene: Scene, folder: Path, *, name: str | None = None) -> Path:
    """Write a scene to a file of this name, or to `scene-001.ply`, or the first free number.

    The name never comes from a photo's, which is foreign text.

    Raises:
        OSError: if the folder cannot be made or written.
    """
    path = _reserve(make_folder(folder), name)
    try:
        return io.write(path, scene)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def scene_names() -> Iterator[str]:
    """File names for scenes: scene-001.ply, scene-002.ply, and so on."""
    return (f"scene-{number:03d}.ply" for number in itertools.count(1))


def saved_files(folder: Path) -> list[str]:
    """Names of the `.ply` files in a folder, newest first."""
    try:
        files = [path for path in folder.glob("*.ply") if path.is_file()]
        return [p.name for p in sorted(files, key=lambda p: p.stat().st_mtime, reverse=True)]
    except OSError:
        return []


def file_bytes(scene: Scene, saved: Path | None) -> bytes:
    """The scene as a `.ply` file: its saved file if that is there."""
    if saved is not None and saved.exists():
        return saved.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        return io.write(Path(folder) / "scene.ply", scene).read_bytes()


def read_bytes(data: bytes) -> Scene:
    """The scene in the bytes of a `.ply` file.

    Raises:
        PlyError: if they cannot be read.
    """
    if data[:6].removeprefix(_BOM)[:3].lower() != b"ply":
        raise io.PlyError("it is not a .ply file")
    with tempfile.TemporaryDirectory() as folder:  # the reader takes a file
        path = Path(folder) / "scene.ply"
        path.write_bytes(data)
        return replace(io.read(path), path=None)  # the file will be gone


def _reserve(folder: Path, wanted: str | None) -> Path:
    for name in itertools.chain([wanted] if wanted else [], scene_names()):
        path = folder / name
        with contextlib.suppress(FileExistsError):
            path.open("xb").close()  # exclusively: two studios may save at once
            return path
    raise AssertionError("there is always another number")

"""The studio's files: new ones in the output folder, saved ones, and bytes for the browser."""

from __future__ import annotations

import contextlib
import itertools
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from splat_widgets import io
from splat_widgets.files import make_folder
from splat_widgets.scene.scene import Scene, SceneLike

PLY = ".ply"
SUFFIXES = (io.SCENE_SUFFIX, PLY)
_BOM = b"\xef\xbb\xbf"  # text editors put it first
NAMED = 2  # photos that a scene is named after
STEM_LETTERS = 24  # of a photo's name in a file's


def write_new(
    scene: SceneLike,
    folder: Path,
    *,
    name: str | None = None,
    stem: str = "scene",
    suffix: str = PLY,
) -> Path:
    """Write a scene to a file of this name, or of the first free number of `stem`.

    Raises:
        OSError: if the folder cannot be made or written.
    """
    path = _reserve(make_folder(folder), [name] if name else [], scene_names(stem, suffix))
    try:
        return io.write(path, scene)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def scene_names(stem: str = "scene", suffix: str = PLY) -> Iterator[str]:
    """File names for scenes: scene-001.ply, scene-002.ply, and so on."""
    return (f"{stem}-{number:03d}{suffix}" for number in itertools.count(1))


def title_of(names: Sequence[str]) -> str:
    """What a scene of these photos is called: the first of them by name."""
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED + 1 else []
    return " + ".join([*(names[:NAMED] if more else names), *more]) or "scene"


def stem_of(names: Sequence[str]) -> str:
    """Begin of the file names of a scene of these photos.

    Photos' names are foreign text: letters, digits, "_" and "-" of them remain, and not too many.
    """
    words = [re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-") for name in names[:NAMED]]
    more = [f"{len(names) - NAMED}-more"] if len(names) > NAMED else []
    return "-".join([word[:STEM_LETTERS] for word in words if word] + more) or "scene"


def saved_files(folder: Path) -> list[str]:
    """Names of the scenes in a folder: whole ones, then `.ply` files, each newest first."""
    try:
        files = [path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file()]
        newest = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
        return [path.name for path in sorted(newest, key=lambda path: path.suffix == PLY)]
    except OSError:
        return []


def file_bytes(scene: Scene, saved: Path | None) -> bytes:
    """The scene as a `.ply` file: its saved file if that is there."""
    if saved is not None and saved.exists():
        return saved.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        return io.write(Path(folder) / "scene.ply", scene).read_bytes()


def read_bytes(data: bytes) -> Scene:
    """The scene in the bytes of a `.ply` or `.splatscene`.

    Raises:
        PlyError, SceneFileError: if they cannot be read.
    """
    is_whole = data.startswith(b"PK")
    if not is_whole and data[:6].removeprefix(_BOM)[:3].lower() != b"ply":
        raise io.PlyError("it is neither a .ply nor a .splatscene")
    with tempfile.TemporaryDirectory() as folder:  # the readers take a file
        path = Path(folder) / f"scene{io.SCENE_SUFFIX if is_whole else PLY}"
        path.write_bytes(data)
        return replace(io.read(path), path=None)  # the file will be gone


def _reserve(folder: Path, wanted: Sequence[str], names: Iterator[str]) -> Path:
    for name in itertools.chain(wanted, names):
        path = folder / name
        with contextlib.suppress(FileExistsError):
            path.open("xb").close()  # exclusively: two studios may save at once
            return path
    raise AssertionError("there is always another number")

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


def found_in(saved: Path) -> str:
    """What reading a saved file back found, to follow its size; nothing of files opened."""
    return f", {saved.sentence}" if isinstance(saved, io.Saved) else ""


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


def file_bytes(scene: SceneLike, saved: Path | None, name: str) -> bytes:
    """The scene as a file.

    Args:
        scene: what `Scene.of` takes.
        saved: its file, if it was saved; taken where it has the format of the name.
        name: of the file, whose ending chooses the format.
    """
    form = io.formats.of_name(Path(name))
    if saved is not None and saved.exists() and io.formats.of_name(saved) is form:
        return saved.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        return io.write(Path(folder) / f"scene{_ending(name)}", scene).read_bytes()


def read_bytes(data: bytes, name: str) -> Scene:
    """The scene in the bytes of a file of any format.

    Args:
        data: all of the file.
        name: of the file; a wrong ending is said in the scene's notices.

    Raises:
        FormatError: if they are no scene or cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:  # the readers take a file
        path = Path(folder) / f"scene{_ending(name)}"
        path.write_bytes(data)
        return replace(io.read(path), path=None)  # the file will be gone


def _ending(name: str) -> str:
    """What a foreign file name ends in, if it is a known ending: other text may be anything."""
    known = (end for end in io.formats.SCENE_SUFFIXES if name.lower().endswith(end))
    return max(known, key=len, default="")


def _reserve(folder: Path, wanted: Sequence[str], names: Iterator[str]) -> Path:
    for name in itertools.chain(wanted, names):
        path = folder / name
        with contextlib.suppress(FileExistsError):
            path.open("xb").close()  # exclusively: two studios may save at once
            return path
    raise AssertionError("there is always another number")

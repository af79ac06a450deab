"""The `.splat` of antimatter15's viewer: 32 bytes a Gaussian, no header, no spherical harmonics.

A row is x, y, z and three standard deviations as float32, colour and opacity as four bytes, and the
quaternion wxyz as four bytes around 128. The colour is display RGB, 0.5 + 0.2820948 · dc; what lies
outside [0, 1] is cut off. Axes are those of the scene's `.ply`, without any turn.

Without a header, such a file is told by its rows: whole ones, finite, with unit quaternions.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np

from splat_widgets.conventions import SH_C0
from splat_widgets.files import local_path, open_file, replacing
from splat_widgets.io.errors import FormatError
from splat_widgets.io.head import Head
from splat_widgets.io.plain import plain_path
from splat_widgets.io.room import check_room
from splat_widgets.io.values import Values, scene_of, values_of
from splat_widgets.scene.scene import Scene, SceneLike

ROW = np.dtype(
    [("means", "<f4", 3), ("scales", "<f4", 3), ("color", "u1", 4), ("quaternions", "u1", 4)]
)
ROUNDS = ("opacities and colours are bytes", "rotations have 8 bits a component")
_JUDGED = 512  # rows that tell a file without a header
_LARGEST = 1e6  # no scene has coordinates or sizes beyond


@np.errstate(all="ignore")  # foreign bytes may be any numbers
def is_one(head: Head) -> bool:
    """Whether the first rows of a file are Gaussians."""
    if not head.size or head.size % ROW.itemsize:
        return False
    rows = np.frombuffer(head.data, ROW, min(len(head.data) // ROW.itemsize, _JUDGED))
    norms = np.linalg.norm((rows["quaternions"].astype(float) - 128) / 128, axis=1)
    plain = np.abs(np.concatenate([rows["means"], rows["scales"]], 1)).max(1) < _LARGEST
    sound = plain & (rows["scales"] >= 0).all(1) & (np.abs(norms - 1) < 0.05)
    return bool(sound.mean() > 0.9)


def read(
    path: str | os.PathLike[str], *, on_bad: str = "drop", activated: Collection[str] = ()
) -> Scene:
    """The scene in a `.splat`; arguments are those of `io.read`.

    Raises:
        FormatError: for a file that is cut off or has no row that is sound.
        ValueError: for names in `activated`.
        OSError: if the file cannot be opened.
    """
    path = plain_path(path, activated, "a .splat")
    with open_file(path) as file:
        check_room(file.seek(0, os.SEEK_END) // ROW.itemsize, 1, path)
        file.seek(0)
        data = file.read()
    if len(data) % ROW.itemsize:
        raise FormatError(
            f"expected rows of {ROW.itemsize} bytes, got {len(data):,} bytes; it is cut off", path
        )
    rows = np.frombuffer(data, ROW)
    color = rows["color"].astype(np.float32) / 255
    values = Values(
        rows["means"],
        rows["scales"],
        (rows["quaternions"].astype(np.float32) - 128) / 128,
        color[:, 3],
        ((color[:, :3] - 0.5) / SH_C0)[:, None],
    )
    return scene_of(path, values, on_bad=on_bad)


def write(path: str | os.PathLike[str], scene: SceneLike, *, comments: Iterable[str] = ()) -> Path:
    """Write a scene as a `.splat`, all or nothing; it has no place for comments.

    Raises:
        FormatError: for values that no file can hold, and for no Gaussians at all.
        OSError: if it cannot be written; a file that was there before is then unchanged.
    """
    path, values = local_path(path), values_of(Scene.of(scene), degree=0)
    if not len(values):
        raise FormatError(
            "a .splat without Gaussians is an empty file, which nobody reads back; save a "
            ".splatscene or a .ply"
        )
    rows = np.empty(len(values), ROW)
    rows["means"], rows["scales"] = values.means, values.scales
    rows["color"][:, :3] = to_bytes(0.5 + SH_C0 * values.sh[:, 0])
    rows["color"][:, 3] = to_bytes(values.opacities)
    rows["quaternions"] = (values.quaternions * 128 + 128).round().clip(0, 255)
    with replacing(path) as partial:
        partial.write_bytes(rows.tobytes())
    return path


def to_bytes(shares: np.ndarray) -> np.ndarray:
    """Bytes of numbers in [0, 1]; others are cut off."""
    return (shares * 255).round().clip(0, 255).astype(np.uint8)

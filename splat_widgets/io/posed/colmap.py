"""Cameras, images and points as a COLMAP model, text or binary.

The layout is that of https://colmap.github.io/format.html; `scene/colmap.py` reads it. Smaller
copies of photos have square pixels but for rounding, so that cameras have two focal lengths.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from splat_widgets.geometry.rotations import quaternion
from splat_widgets.io.posed.points import Points
from splat_widgets.io.posed.views import View

_PINHOLE = 1  # COLMAP's number of the model


def write_model(folder: Path, views: Sequence[View], points: Points, *, binary: bool) -> None:
    """Write `cameras`, `images` and `points3D` to a folder.

    Numbers of cameras and images are places in `views` from 1, those of points their rows from 1.
    """
    write = _write_binary if binary else _write_text
    write(folder, views, points)


def _write_text(folder: Path, views: Sequence[View], points: Points) -> None:
    cameras, images, rows = [], [], []
    for number, view in enumerate(views, start=1):
        inner = view.intrinsics
        size = f"{inner.width} {inner.height}"
        params = _joined((*inner.focal_px, *inner.principal_point_px))
        cameras.append(f"{number} PINHOLE {size} {params}\n")
        seen = points.seen_in(number - 1)
        images.append(f"{number} {_joined(_pose(view))} {number} {view.file_name}\n")
        images.append(
            " ".join(
                f"{x!r} {y!r} {point + 1}"
                for (x, y), point in zip(
                    points.xy[seen].tolist(), points.point[seen].tolist(), strict=True
                )
            )
            + "\n"
        )
    tracks = _tracks(points)
    for number, (position, color, error) in enumerate(_each(points), start=1):
        track = " ".join(f"{image} {place}" for image, place in tracks[number - 1])
        rows.append(f"{number} {_joined(position)} {_joined(color)} {error!r} {track}\n")
    texts = {
        "cameras": ("CAMERA_ID MODEL WIDTH HEIGHT FX FY CX CY", cameras),
        "images": ("IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then X Y POINT3D_ID ...", images),
        "points3D": ("POINT3D_ID X Y Z R G B ERROR IMAGE_ID POINT2D_IDX ...", rows),
    }
    for name, (head, lines) in texts.items():
        with (folder / f"{name}.txt").open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"# {head}\n")
            file.writelines(lines)


def _write_binary(folder: Path, views: Sequence[View], points: Points) -> None:
    with (folder / "cameras.bin").open("wb") as file:
        file.write(struct.pack("<Q", len(views)))
        for number, view in enumerate(views, start=1):
            inner = view.intrinsics
            numbers = (*inner.focal_px, *inner.principal_point_px)
            head = struct.pack("<IiQQ", number, _PINHOLE, inner.width, inner.height)
            file.write(head + struct.pack("<4d", *numbers))
    with (folder / "images.bin").open("wb") as file:
        file.write(struct.pack("<Q", len(views)))
        for number, view in enumerate(views, start=1):
            seen = points.seen_in(number - 1)
            features = np.empty(len(seen), [("xy", "<f8", 2), ("point", "<i8")])
            features["xy"], features["point"] = points.xy[seen], points.point[seen] + 1
            file.write(struct.pack("<I7dI", number, *_pose(view), number))
            file.write(view.file_name.encode() + b"\0" + struct.pack("<Q", len(seen)))
            file.write(features.tobytes())
    tracks = _tracks(points)
    with (folder / "points3D.bin").open("wb") as file:
        file.write(struct.pack("<Q", len(points)))
        for number, (position, color, error) in enumerate(_each(points), start=1):
            track = tracks[number - 1]
            flat = [entry for pair in track for entry in pair]
            file.write(struct.pack("<Q3d3Bd", number, *position, *color, error))
            file.write(struct.pack(f"<Q{len(flat)}I", len(track), *flat))


def _each(points: Points) -> Iterator[tuple[list[float], list[int], float]]:
    return zip(
        points.positions.tolist(), points.colors.tolist(), points.errors_px.tolist(), strict=True
    )


def _tracks(points: Points) -> list[list[tuple[int, int]]]:
    """Of each point the images that see it, and the place of the feature in each."""
    tracks: list[list[tuple[int, int]]] = [[] for _ in range(len(points))]
    starts = np.searchsorted(points.view, points.view)  # views ascend
    places = np.arange(len(points.view)) - starts
    for view, point, place in zip(
        points.view.tolist(), points.point.tolist(), places.tolist(), strict=True
    ):
        tracks[point].append((view + 1, place))
    return tracks


def _pose(view: View) -> tuple[float, ...]:
    """The numbers qw qx qy qz tx ty tz, from the world to the camera."""
    T = view.T_camera_world
    turn = quaternion(torch.from_numpy(T[:3, :3])).tolist()
    return (*turn, *T[:3, 3].tolist())


def _joined(values: Sequence[float]) -> str:
    return " ".join(repr(value) for value in values)

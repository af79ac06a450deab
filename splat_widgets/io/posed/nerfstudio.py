"""Cameras and points as nerfstudio's `transforms.json` and the `.ply` of points that it names.

`scene/transforms.py` reads the former and explains every key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from splat_widgets.io.posed.points import Points
from splat_widgets.io.posed.views import View
from splat_widgets.scene.transforms import FILE_NAME, OPENGL_TO_OPENCV
from splat_widgets.version import __version__

POINTS_NAME = "points3D.ply"

_COLORS = ("red", "green", "blue")
_POINT = np.dtype([*((axis, "<f4") for axis in "xyz"), *((color, "u1") for color in _COLORS)])


def write_transforms(
    folder: Path, views: Sequence[View], points: Points, *, images: str, frame: str
) -> None:
    """Write `transforms.json` and the points to a folder.

    Args:
        folder: that has the pictures in its folder `images`.
        views: cameras of the pictures.
        points: to start from; their tracks have no place in this format.
        images: name of the folder of pictures.
        frame: whose world it is, for a reader; a key that other programs ignore.
    """
    table: dict[str, Any] = {
        "camera_model": "OPENCV",
        **dict.fromkeys(("k1", "k2", "p1", "p2"), 0.0),
        "ply_file_path": POINTS_NAME,
        "written_by": f"splat_widgets {__version__}",
        "world": frame,
        "frames": [_frame(view, images) for view in views],
    }
    text = json.dumps(table, indent=1, allow_nan=False)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")
    _write_points(folder / POINTS_NAME, points)


def _frame(view: View, images: str) -> dict[str, Any]:
    inner = view.intrinsics
    return {
        "file_path": f"{images}/{view.file_name}",
        "fl_x": inner.focal_px[0],
        "fl_y": inner.focal_px[1],
        "cx": inner.principal_point_px[0],
        "cy": inner.principal_point_px[1],
        "w": inner.width,
        "h": inner.height,
        "transform_matrix": (view.T_world_camera @ OPENGL_TO_OPENCV).tolist(),
    }


def _write_points(path: Path, points: Points) -> None:
    """A `.ply` of coloured points, without plyfile: this is no scene of Gaussians."""
    names, kinds = (*"xyz", *_COLORS), (*("float",) * 3, *("uchar",) * 3)
    rows = np.empty(len(points), _POINT)
    for name, values in zip(names, (*points.positions.T, *points.colors.T), strict=True):
        rows[name] = values
    columns = [f"property {kind} {name}" for kind, name in zip(kinds, names, strict=True)]
    head = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}", *columns]
    path.write_bytes("\n".join([*head, "end_header", ""]).encode("ascii") + rows.tobytes())

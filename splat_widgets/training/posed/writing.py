"""Rendered pairs as folders of posed photos, in the format of `splat_widgets.scene.transforms`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from torch import Tensor

from splat_widgets.files import make_folder, replacing
from splat_widgets.rendering.pictures import to_uint8
from splat_widgets.scene.transforms import FILE_NAME, MILLIMETRE, OPENGL_TO_OPENCV
from splat_widgets.training.procedural.scenes import Pairs

_LARGEST_PNG = 65535


def write_transforms(
    pairs: Pairs,
    folder: str | os.PathLike[str],
    *,
    depth: Literal["png", "npy"] = "png",
) -> list[Path]:
    """Write pairs and their target views as posed scenes, with pictures of 8 bits.

    Args:
        pairs: B pairs. Pixels that are not valid get no depth.
        folder: receives one folder for each pair, named by its seed.
        depth: "png" rounds to millimetres and reaches 65 m, "npy" keeps float32 metres.

    Returns:
        The B folders.

    Raises:
        FileExistsError: if a scene is there already.
        ValueError: for depth that millimetres in 16 bits cannot hold.
    """
    folder, scenes = make_folder(folder), []
    for index in range(len(pairs)):
        pair = pairs.select(pairs.seeds.new_tensor([index])).to("cpu")
        scene = folder / f"scene_{int(pair.seeds):010d}"
        if (scene / FILE_NAME).exists():
            raise FileExistsError(f"{scene / FILE_NAME} exists already; choose another folder")
        for part in ("images", "depth"):
            make_folder(scene / part)
        _write_scene(pair, scene, depth)
        scenes.append(scene)
    return scenes


def _write_scene(pair: Pairs, scene: Path, kind: Literal["png", "npy"]) -> None:
    if pair.shift_px is not None:
        raise ValueError("expected pairs whose principal points are the pictures' centres")
    views = [pair] if pair.targets is None else [pair, pair.targets]
    frames: list[dict[str, Any]] = []
    for view in views:
        for picture, points, valid, pose in zip(
            view.images[0], view.points[0], view.valid[0], view.T_first_camera[0], strict=True
        ):
            name = f"{len(frames):04d}"
            Image.fromarray(to_uint8(picture.movedim(0, -1))).save(scene / f"images/{name}.png")
            _write_depth(scene / f"depth/{name}.{kind}", _depth(points, valid, pose))
            matrix = pose.double().numpy() @ OPENGL_TO_OPENCV
            frames.append(
                {
                    "file_path": f"images/{name}.png",
                    "depth_file_path": f"depth/{name}.{kind}",
                    "transform_matrix": matrix.tolist(),
                }
            )
    height, width = pair.images.shape[-2:]
    focal = float(pair.focal_px)
    table = {
        "camera_model": "PINHOLE",
        "fl_x": focal,
        "fl_y": focal,
        "cx": width / 2,
        "cy": height / 2,
        "w": width,
        "h": height,
        "depth_unit_scale_factor": MILLIMETRE if kind == "png" else 1.0,
        "frames": frames,
    }
    # Written last: a folder that is cut short has no list and is not read.
    with replacing(scene / FILE_NAME) as partial:
        partial.write_text(json.dumps(table, indent=1))


def _depth(points: Tensor, valid: Tensor, pose: Tensor) -> np.ndarray:
    """(H, W) metres along the optical axis, 0 where it is not valid."""
    along = ((points.double() - pose[:3, 3].double()) @ pose[:3, 2].double()).numpy()
    return np.where(valid.numpy(), along, 0)


def _write_depth(path: Path, metres: np.ndarray) -> None:
    if path.suffix == ".npy":
        np.save(path, metres.astype(np.float32))
        return
    units = np.rint(metres / MILLIMETRE)
    if units.max() > _LARGEST_PNG:
        raise ValueError(
            f"expected depth up to {_LARGEST_PNG * MILLIMETRE:.1f} m for 16 bits of millimetres, "
            f"got {metres.max():.1f} m; write it with depth='npy'"
        )
    Image.fromarray(units.astype(np.uint16)).save(path)

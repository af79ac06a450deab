"""Pairs with true cameras for `dense_rows.py`: procedural scenes and frames with measured depth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from splat_widgets.refinement.records import Pose, Shot, SparseDepths, Window
from splat_widgets.training.procedural.scenes import render_pairs

PHOTO_PX, GRID = 512, 256
_EPIPOLAR = 1.5 / 512  # sides
_RATIO = 0.8


@dataclass(frozen=True, eq=False)
class Case:
    """Two photos whose cameras are known, and their true depths."""

    name: str
    shots: tuple[Shot, Shot]
    poses: tuple[Pose, Pose]  # the first is the identity
    focal_sides: float
    depths: tuple[np.ndarray, np.ndarray]  # (GRID, GRID) true ones, 0 where unknown


def procedural(seeds: range, cache: Path | None) -> Iterator[Case]:
    """Scenes of the generator, as photos of 512 px."""
    for seed in seeds:
        stored = None if cache is None else cache / f"{seed}.npz"
        if stored is not None and stored.exists():
            data = dict(np.load(stored))
        else:
            data = _rendered(seed)
            if stored is not None:
                stored.parent.mkdir(parents=True, exist_ok=True)
                part = stored.with_suffix(".part.npz")
                np.savez_compressed(part, **data)
                part.replace(stored)
        half = Window(-0.5, -0.5, 1.0)
        shots = [Shot(picture, half, (PHOTO_PX / 2,) * 2) for picture in data["photos"]]
        poses = Pose(np.eye(3), np.zeros(3)), _pose(data["T_first_camera"])
        yield Case(
            f"seed {seed}",
            (shots[0], shots[1]),
            poses,
            float(data["focal_sides"]),
            (data["depths"][0], data["depths"][1]),
        )


def _rendered(seed: int) -> dict[str, np.ndarray]:
    photos = render_pairs([seed], PHOTO_PX)
    grid = render_pairs([seed], GRID, shadows=False)
    return {
        "photos": (photos.images[0].movedim(1, -1) * 255).round().byte().numpy(),
        "depths": torch.where(grid.valid[0], grid.depth[0], 0).numpy(),
        "T_first_camera": grid.T_first_camera[0, 1].double().numpy(),
        "focal_sides": np.array(float(grid.focal_px[0]) / GRID),
    }


def hololens(folder: Path) -> Iterator[Case]:
    """Pairs of the folder described in its README: a square around the principal point."""
    told = json.loads((folder / "pairs.json").read_text())
    K = np.loadtxt(folder / "K.txt")
    for pair in told["pairs"]:
        names = (pair["first"], pair["second"])
        yield _frames(folder, K, told["T_world_camera"], names)


def _frames(folder: Path, K: np.ndarray, worlds: dict[str, list], names: tuple[str, str]) -> Case:
    side = 338
    pictures = [np.asarray(Image.open(folder / "images" / name).convert("RGB")) for name in names]
    maps = [np.asarray(Image.open(folder / "depth" / name)) / 1000 for name in names]
    short = pictures[0].shape[0]
    principal = (float(K[0, 2]), float(K[1, 2]))
    left, top = round(principal[0] - side / 2), max(0, round(principal[1] - side / 2))
    window = Window((left - principal[0]) / short, (top - principal[1]) / short, side / short)
    depths = [
        cv2.resize(
            np.ascontiguousarray(m[top : top + side, left : left + side], np.float32),
            (GRID, GRID),
            interpolation=cv2.INTER_NEAREST,
        )
        for m in maps
    ]
    shots = [Shot(p, window, principal) for p in pictures]
    Ts = [np.array(worlds[name]) for name in names]
    T_first_second = np.linalg.inv(Ts[0]) @ Ts[1]
    poses = Pose(np.eye(3), np.zeros(3)), _pose(T_first_second)
    focal = float(K[0, 0] + K[1, 1]) / 2 / short
    return Case(
        " ".join(names),
        (shots[0], shots[1]),
        poses,
        focal,
        (depths[0], depths[1]),
    )


def triangulated(
    shots: tuple[Shot, Shot], pose: Pose, focal: float
) -> tuple[SparseDepths, SparseDepths]:
    """Depths of SIFT matches that agree with the pose to 1.5 px of 512."""
    sides, descriptors = zip(*map(_features, shots), strict=True)
    product = descriptors[0] @ descriptors[1].T
    rows = np.arange(len(product))
    best = product.argmax(1)
    mutual = product.argmax(0)[best] == rows
    nearest = np.sqrt(np.maximum(2 - 2 * product[rows, best], 0))
    product[rows, best] = -1
    second = np.sqrt(np.maximum(2 - 2 * product.max(1), 0))
    keep = mutual & (nearest < _RATIO * second)
    one, other = sides[0][keep], sides[1][best[keep]]
    x, y = (np.column_stack([s / focal, np.ones(len(s))]) for s in (one, other))
    turned = x @ pose.R.T
    normal = np.cross(pose.t, turned)
    off = np.abs((y * normal).sum(1)) / np.linalg.norm(normal[:, :2], axis=1) * focal
    across = np.cross(y, turned)
    depth = -(across * np.cross(y, pose.t)).sum(1) / np.maximum((across**2).sum(1), 1e-12)
    there = depth * turned[:, 2] + pose.t[2]
    good = (off < _EPIPOLAR) & (depth > 0) & (there > 0)
    return SparseDepths(one[good], depth[good]), SparseDepths(other[good], there[good])


def _features(shot: Shot) -> tuple[np.ndarray, np.ndarray]:
    grey = cv2.cvtColor(shot.picture, cv2.COLOR_RGB2GRAY)
    points, found = cv2.SIFT_create(4000, contrastThreshold=0.01).detectAndCompute(grey, None)
    root = np.sqrt(found / np.maximum(found.sum(1, keepdims=True), 1e-6))
    return shot.to_sides(np.array([p.pt for p in points]) + 0.5), root


def _pose(T_first_camera: np.ndarray) -> Pose:
    T = np.linalg.inv(np.asarray(T_first_camera, float))
    return Pose(T[:3, :3], T[:3, 3])

"""Sets of photos with true cameras and depth, and what of one photo the others show.

Rendered loops; the sets of a measured folder; and of its whole sequence, photos with the five
others that stand and look most alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from loops import render_loop
from PIL import Image

SAME_SURFACE = 0.05  # relative difference of depth within which two photos show one point
FARTHEST_GAP = 1.0  # of a photo that counts as a neighbour; see `Photos.gaps`


@dataclass(frozen=True, eq=False)
class Photos:
    """Photos of one size with true cameras."""

    name: str
    group: str
    pictures: Sequence[np.ndarray]  # (H, W, 3) uint8
    depths: Sequence[np.ndarray]  # (H, W) along the optical axis; 0 where unknown
    T_world_camera: np.ndarray  # (N, 4, 4)
    K: np.ndarray  # (3, 3) of all photos, in pixels

    def select(self, which: Sequence[int]) -> Photos:
        """Some of the photos."""
        pictures, depths = ([all_[k] for k in which] for all_ in (self.pictures, self.depths))
        T = self.T_world_camera[list(which)]
        return Photos(self.name, self.group, pictures, depths, T, self.K)

    def gaps(self, photo: int) -> np.ndarray:
        """(N,) how differently each photo was taken: distance over median depth, plus radians."""
        T, depth = self.T_world_camera, self.depths[photo]
        away = np.linalg.norm(T[:, :3, 3] - T[photo, :3, 3], axis=1) / np.median(depth[depth > 0])
        turns = np.array([_turn(T[photo, :3, :3], one[:3, :3]) for one in T])
        return away + turns

    def nearest(self, photo: int, count: int) -> list[int]:
        """The photos of least gap, in their order."""
        order = [int(k) for k in np.argsort(self.gaps(photo), kind="stable") if k != photo]
        return sorted(order[:count])

    def seen(self, photo: int, others: Sequence[int], count: int) -> np.ndarray:
        """(count, count) bool: what the middle squares of other photos show of a photo's square.

        By true depth; where a photo's is unknown, that of the nearest pixel where it is known.
        """
        height, width = self.pictures[photo].shape[:2]
        side = min(height, width)
        corner = np.array([(width - side) / 2, (height - side) / 2])
        place = (np.arange(count) + 0.5) / count * side
        x, y = np.meshgrid(place + corner[0], place + corner[1])
        z = self._filled[photo][y.astype(int), x.astype(int)]
        points = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(self.K).T * z[..., None]
        world = points @ self.T_world_camera[photo, :3, :3].T + self.T_world_camera[photo, :3, 3]
        mask = np.zeros((count, count), bool)
        for other in others:
            T = np.linalg.inv(self.T_world_camera[other])
            there = (world @ T[:3, :3].T + T[:3, 3]) @ self.K.T
            depth = np.where(there[..., 2] > 0, there[..., 2], np.inf)
            at = there[..., :2] / depth[..., None]
            inside = ((at > corner) & (at < corner + side)).all(-1) & np.isfinite(depth)
            column, row = np.where(inside[..., None], at, 0).astype(int).transpose(2, 0, 1)
            known = self.depths[other][row, column]
            mask |= inside & ((known == 0) | (np.abs(known - depth) < SAME_SURFACE * known))
        return mask

    @cached_property
    def _filled(self) -> list[np.ndarray]:
        return [_filled(depth) for depth in self.depths]


def loops(count: int, photos: int, seed: int) -> Iterator[Photos]:
    """Of the first seeds whose cameras stand free."""
    found = 0
    while found < count:
        seed += 1
        loop = render_loop(seed, photos)
        if loop is not None:
            found += 1
            size = loop.pictures.shape[1]
            K = np.diag([loop.focal_sides * size] * 2 + [1.0])
            K[:2, 2] = size / 2
            name, group = f"loop {seed}", "rendered loops"
            pictures = list(loop.pictures)
            yield Photos(name, group, pictures, loop.depths, loop.T_world_camera, K)


def given_sets(folder: Path) -> Iterator[Photos]:
    """The sets of `pairs.json`."""
    for names in json.loads((folder / "pairs.json").read_text())["sets"]:
        yield _measured(folder, names, f"{names[0][:-4]}_{len(names)}", "given sets")


def neighbourhoods(folder: Path, count: int, photos: int) -> Iterator[tuple[Photos, int]]:
    """Photos of the whole sequence and which of them is left out, evenly spaced.

    Each with its nearest others, none farther than `FARTHEST_GAP`.
    """
    names = sorted(json.loads((folder / "pairs.json").read_text())["T_world_camera"])
    all_ = _measured(folder, names, "", "nearest photos")
    near = [all_.nearest(k, photos) for k in range(len(names))]
    fitting = [k for k in range(len(names)) if all_.gaps(k)[near[k]].max() < FARTHEST_GAP]
    for k in np.array(fitting)[np.linspace(0, len(fitting) - 1, count).round().astype(int)]:
        chosen = sorted([int(k), *near[k]])
        yield replace(all_.select(chosen), name=names[k][:-4]), chosen.index(int(k))


def _measured(folder: Path, names: Sequence[str], name: str, group: str) -> Photos:
    table = json.loads((folder / "pairs.json").read_text())["T_world_camera"]
    pictures = [np.asarray(Image.open(folder / "images" / one).convert("RGB")) for one in names]
    depths = [np.asarray(Image.open(folder / "depth" / one)) / 1000.0 for one in names]
    T = np.array([table[one] for one in names])
    return Photos(name, group, pictures, depths, T, np.loadtxt(folder / "K.txt"))


def _filled(depth: np.ndarray) -> np.ndarray:
    unknown = (depth <= 0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        unknown, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = np.asarray(nearest, np.int64)
    values = np.zeros(int(number.max()) + 1)
    values[number[unknown == 0]] = depth[unknown == 0]
    return values[number]


def _turn(one: np.ndarray, other: np.ndarray) -> float:
    """Radians."""
    return float(np.arccos(np.clip((np.trace(one.T @ other) - 1) / 2, -1, 1)))

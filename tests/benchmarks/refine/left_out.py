"""A photo that was left out, from five others and from the two nearest of them: PSNR.

    python tests/benchmarks/refine/left_out.py [--loops 6] [--seed 6001] [--truth FOLDER] [--each 1]

Rendered loops of six photos, and with `--truth` the sets of its `pairs.json`, of which at most six
take part: of a set of five frames, four others are compared with two. The left-out photo is drawn
from its true place beside the first photo's camera, after one scale, with the scene's own focal
length, at 256 px. Over the whole picture; what no photo shows is black but for a rim. The left-out
photo has an exposure of its own, so each figure stands twice: plain, and "corrected", after the one
factor for each of red, green and blue that fits the drawn picture to the photo best.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from loops import render_loop
from sets import true_cases

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.reconstruction import reconstruct
from splat_widgets.rendering import psnr, render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene

PICTURE_PX, PHOTOS, FEW = 256, 6, 2
SEED = 6001  # of the first scene


@dataclass(frozen=True, eq=False)
class Photos:
    """A set with true cameras."""

    name: str
    group: str
    pictures: Sequence[np.ndarray]  # (H, W, 3) uint8
    T_world_camera: np.ndarray  # (N, 4, 4)


def loops(count: int, seed: int) -> Iterator[Photos]:
    """Of the first seeds whose cameras stand free."""
    found = 0
    while found < count:
        seed += 1
        loop = render_loop(seed, PHOTOS)
        if loop is not None:
            found += 1
            yield Photos(f"loop {seed}", "rendered loops", loop.pictures, loop.T_world_camera)


def measured(folder: Path) -> Iterator[Photos]:
    """The sets of a folder of measured photos."""
    for case in true_cases(folder):
        paths = case.photos[:PHOTOS]
        pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
        yield Photos(case.name, case.group, pictures, case.T_world_camera[: len(paths)])


def left_out_camera(scene: Scene, T: np.ndarray, target: np.ndarray) -> Camera | None:
    """Where a scene must be looked at from to see the left-out photo; None without cameras.

    Args:
        scene: of photos named "photo 1", "photo 2", ...
        T: (N, 4, 4) their true cameras to world.
        target: (4, 4) of the left-out one.
    """
    rows = [int(photo.name.split()[1]) - 1 for photo in scene.photos]
    posed = [(T[k], c) for k, c in zip(rows, scene.cameras, strict=True) if c is not None]
    if len(posed) < 2:
        return None
    (first, here), *others = posed
    inverse = np.linalg.inv(first)
    own = here.T_camera_world.double().numpy()
    lengths = [
        np.linalg.norm((own @ c.T_world_camera.double().numpy())[:3, 3])
        / np.linalg.norm((inverse @ true)[:3, 3])
        for true, c in others
    ]
    beside = inverse @ target
    beside[:3, 3] *= np.median(lengths)
    pose = torch.from_numpy(np.linalg.inv(own) @ beside).float()
    focal_px = here.focal_px / here.width * PICTURE_PX
    return Camera.centred(focal_px, PICTURE_PX, PICTURE_PX, pose)


def score(model: Splatt3R, photos: Photos, chosen: Sequence[int], left_out: int) -> np.ndarray:
    """(2,) PSNR of the left-out photo, plain and corrected."""
    pictures = [photos.pictures[k] for k in chosen]
    scene = reconstruct(pictures, model=model, refine=True, progress=False)
    T = photos.T_world_camera
    camera = left_out_camera(scene, T[list(chosen)], T[left_out])
    true = torch.from_numpy(_square(photos.pictures[left_out])).float() / 255
    drawn = torch.zeros_like(true)
    if camera is not None:
        drawn = render(scene.gaussians, camera).color.clamp(0, 1)
    return np.array([psnr(drawn, true), psnr(corrected(drawn, true), true)])


def corrected(drawn: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """A picture (H, W, 3) after the factor for each channel that fits it to another one best."""
    factors = (drawn * true).sum((0, 1)) / drawn.square().sum((0, 1)).clamp_min(1e-9)
    return (drawn * factors).clamp(0, 1)


def _square(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    crop = picture[top : top + side, left : left + side]
    return cv2.resize(crop, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)


def table(count: int, seed: int, truth: Path | None, each: int) -> None:
    """A line for each left-out photo, and the mean gain of each group."""
    model = load_model("embedded")
    sets = list(loops(count, seed)) + ([] if truth is None else list(measured(truth)))
    gains: dict[str, list[np.ndarray]] = {}
    for photos in sets:
        number = len(photos.pictures)
        places = photos.T_world_camera[:, :3, 3]
        for left_out in np.linspace(1, number - 2, each).round().astype(int):
            others = [k for k in range(number) if k != left_out]
            away = [np.linalg.norm(places[k] - places[left_out]) for k in others]
            nearest = sorted(others[k] for k in np.argsort(away)[:FEW])
            few = score(model, photos, nearest, int(left_out))
            many = score(model, photos, others, int(left_out))
            gains.setdefault(photos.group, []).append(many - few)
            print(
                f"{photos.name}, photo {left_out + 1} left out: {few[0]:.1f} dB from {FEW}, "
                f"{many[0]:.1f} dB from {len(others)}; corrected {few[1]:.1f}, {many[1]:.1f} dB",
                flush=True,
            )
    for group, found in gains.items():
        for name, gain in zip(("plain", "corrected"), np.array(found).T, strict=True):
            print(
                f"{group}, {name}: gain {gain.mean():+.2f} dB (median {np.median(gain):+.2f}, "
                f"{(gain > 0).sum()} of {len(gain)} better)"
            )


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--loops", type=int, default=6)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--each", type=int, default=1, help="photos left out of each set")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    table(given.loops, given.seed, given.truth, given.each)


if __name__ == "__main__":
    main()

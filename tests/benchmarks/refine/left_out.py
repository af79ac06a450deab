"""A photo that was left out, from five others and from the two nearest of them: PSNR.

    python tests/benchmarks/refine/left_out.py [--loops 6] [--seed 6001] [--each 1]
        [--truth FOLDER] [--nearest 8]

Rendered loops of six photos; with `--truth` the sets of its `pairs.json`, and of all its photos
with a pose `--nearest`, each with the five that were taken most alike. Of a given set the photo is
left out that the others show most of: one that no other shows measures nothing.

The left-out photo is drawn from its true place beside the camera of the photo nearest to it, after
one scale, with that camera's focal length and principal point as the scene has them, at 256 px.
"Whole" is the whole picture, black where nothing is. "Shown" are the pixels whose surface one of
the five photos shows, by true depth and true cameras: the same ones for both scenes. The left-out
photo has an exposure of its own; "corrected" is after the one factor for each of red, green and
blue that fits the drawn picture to the photo best. A line says how many photos have a camera, and
how much of what is shown each scene covers.
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

sys.path.insert(0, str(Path(__file__).parent))

from posed_photos import Photos, given_sets, loops, neighbourhoods

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.reconstruction import reconstruct
from splat_widgets.rendering import psnr, render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene

PICTURE_PX, MANY, FEW = 256, 5, 2
SEED = 6001  # of the first scene
COVERED = 0.5  # opacity from which on a pixel is covered
FIGURES = ("whole", "whole, corrected", "shown", "shown, corrected")


@dataclass(frozen=True, eq=False)
class Score:
    """How well a scene shows the left-out photo."""

    psnrs: np.ndarray  # (4,) as `FIGURES`
    covered: float  # share of what the photos show
    cameras: int  # photos with a camera
    refined: bool


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
    posed.sort(key=lambda pair: float(np.linalg.norm(pair[0][:3, 3] - target[:3, 3])))
    (true, here), *others = posed
    own = here.T_camera_world.double().numpy()
    inverse = np.linalg.inv(true)
    lengths = [
        np.linalg.norm((own @ c.T_world_camera.double().numpy())[:3, 3])
        / np.linalg.norm((inverse @ other)[:3, 3])
        for other, c in others
    ]
    beside = inverse @ target
    beside[:3, 3] *= np.median(lengths)
    pose = torch.from_numpy(np.linalg.inv(own) @ beside).float()
    scale = PICTURE_PX / here.width
    x, y = here.principal_point_px
    return Camera(pose, here.focal_px * scale, (x * scale, y * scale), PICTURE_PX, PICTURE_PX)


def score(
    model: Splatt3R, photos: Photos, chosen: Sequence[int], left_out: int, shown: np.ndarray
) -> Score:
    """Of a scene of the chosen photos.

    Args:
        model: the network.
        photos: with the left-out one.
        chosen: those that the scene is made of.
        left_out: the one that is drawn.
        shown: (256, 256) bool pixels that count beside the whole picture.
    """
    pictures = [photos.pictures[k] for k in chosen]
    scene = reconstruct(pictures, model=model, refine=True, progress=False)
    T = photos.T_world_camera
    camera = left_out_camera(scene, T[list(chosen)], T[left_out])
    true = torch.from_numpy(_square(photos.pictures[left_out])).float() / 255
    drawn, alpha = torch.zeros_like(true), torch.zeros(true.shape[:2])
    if camera is not None:
        rendering = render(scene.gaussians, camera)
        drawn, alpha = rendering.color.clamp(0, 1), rendering.alpha.reshape(alpha.shape)
    mask = torch.from_numpy(shown)
    psnrs = [
        psnr(picture, true, mask=part)
        for part in (torch.ones_like(mask), mask)
        for picture in (drawn, corrected(drawn, true, part))
    ]
    covered = float((alpha[mask] > COVERED).float().mean())
    cameras = sum(one is not None for one in scene.cameras)
    refined = scene.refinement is not None and scene.refinement.applied
    return Score(np.array(psnrs), covered, cameras, refined)


def corrected(drawn: torch.Tensor, true: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """A picture (H, W, 3) after the factor for each channel that fits a part of it best."""
    factors = (drawn * true)[mask].sum(0) / drawn[mask].square().sum(0).clamp_min(1e-9)
    return (drawn * factors).clamp(0, 1)


def _square(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    crop = picture[top : top + side, left : left + side]
    return cv2.resize(crop, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)


def _cases(
    count: int, seed: int, truth: Path | None, each: int, nearest: int
) -> Iterator[tuple[Photos, int]]:
    """Sets, and which of their photos is left out."""
    for photos in loops(count, MANY + 1, seed):
        inner = np.linspace(1, MANY - 1, each).round().astype(int)
        yield from ((photos, int(k)) for k in inner)
    if truth is None:
        return
    for photos in given_sets(truth):
        every = range(len(photos.pictures))
        shares = [photos.seen(k, photos.nearest(k, MANY), PICTURE_PX).mean() for k in every]
        yield from ((photos, int(k)) for k in np.argsort(-np.array(shares))[:each])
    yield from neighbourhoods(truth, nearest, MANY)


def table(count: int, seed: int, truth: Path | None, each: int, nearest: int = 8) -> None:
    """A line for each left-out photo, and the mean gain of each group and of all.

    The last group counts only photos whose scene of five was answered, whatever that of two is.
    """
    model = load_model("embedded")
    gains: dict[str, list[np.ndarray]] = {}
    answered: list[np.ndarray] = []
    for photos, left_out in _cases(count, seed, truth, each, nearest):
        others = photos.nearest(left_out, MANY)
        shown = photos.seen(left_out, others, PICTURE_PX)
        sides = [
            score(model, photos, chosen, left_out, shown)
            for chosen in (photos.nearest(left_out, FEW), others)
        ]
        gain = sides[1].psnrs - sides[0].psnrs
        gains.setdefault(photos.group, []).append(gain)
        if sides[1].refined:
            answered.append(gain)
        print(f"{photos.name}, photo {left_out + 1} left out, {shown.mean():.0%} of it shown:")
        for given, one in zip((FEW, len(others)), sides, strict=True):
            figures = ", ".join(
                f"{name} {value:.1f}" for name, value in zip(FIGURES, one.psnrs, strict=True)
            )
            state = "" if one.refined else " (not refined)"
            print(
                f"  {one.cameras} of {given} photos placed{state}, {one.covered:.0%} covered; "
                f"{figures} dB",
                flush=True,
            )
    every = [gain for found in gains.values() for gain in found]
    for group, found in (gains | {"all": every, "all that were answered": answered}).items():
        if not found:
            continue
        for name, gain in zip(FIGURES, np.array(found).T, strict=True):
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
    parser.add_argument("--nearest", type=int, default=8, help="photos left out of the sequence")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    table(given.loops, given.seed, given.truth, given.each, given.nearest)


if __name__ == "__main__":
    main()

"""Two cameras before a made-up scene, and what they see of it."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from splat_widgets.refinement.records import Matches, PairPrior, Pose, Shot, Window

WINDOW = Window(-0.5, -0.5, 1.0)
POSE = Pose(cv2.Rodrigues(np.array([0.02, -0.15, 0.03]))[0], np.array([-0.5, 0.05, 0.1]))
FOCAL = 0.9
GRID = 16


def depth_at(sides: np.ndarray) -> np.ndarray:
    """(...) depth of the made-up scene along the first photo's axis: slanted waves."""
    x, y = sides[..., 0], sides[..., 1]
    return 3 + 0.8 * np.sin(7 * x) * np.cos(5 * y) + 0.6 * x


def seen(
    pose: Pose = POSE,
    focals: tuple[float, float] = (FOCAL, FOCAL),
    count: int = 200,
    noise: float = 0.0,
    wild: int = 0,
    seed: int = 0,
) -> Matches:
    """Matches of points that both photos show; the last `wild` ones are chance."""
    random = np.random.default_rng(seed)
    first = random.uniform(-0.5, 0.5, (6 * count, 2))
    points = np.concatenate([first / focals[0], np.ones((len(first), 1))], 1)
    there = pose.apply(points * depth_at(first)[:, None])
    second = focals[1] * there[:, :2] / there[:, 2:]
    inside = (np.abs(second) < 0.5).all(1) & (there[:, 2] > 0)
    first, second = first[inside][:count], second[inside][:count]
    second = second + noise * random.normal(size=second.shape)
    if wild:
        second[-wild:] = random.uniform(-0.5, 0.5, (wild, 2))
    rows = np.arange(len(first))
    return Matches(first, second, rows, rows)


def shots(known: tuple[float | None, float | None] = (None, None)) -> tuple[Shot, Shot]:
    """Shots with pictures of noise: only their geometry is looked at."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    first, second = (Shot(picture, WINDOW, (32.0, 32.0), focal) for focal in known)
    return first, second


def prior(pose: Pose | None = POSE, focal: float | None = FOCAL, noise: float = 0.0) -> PairPrior:
    """What a network that knows the first photo's depth would say."""
    random = np.random.default_rng(1)
    sides = WINDOW.centres(GRID)
    depth = depth_at(sides) * np.exp(noise * random.normal(size=sides.shape[:2]))
    ones = np.ones((GRID, GRID))
    return PairPrior((depth, 3 * ones), (ones, ones), focal, pose)


def angle_deg(one: np.ndarray, other: np.ndarray) -> float:
    """Between two rotations (3, 3), or two directions (3,)."""
    if one.ndim == 2:
        cosine = (np.trace(one.T @ other) - 1) / 2
    else:
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def blobs(seed: int = 0, width: int = 240, height: int = 180) -> np.ndarray:
    """(H, W, 3) uint8 whose every place looks different."""
    random = np.random.default_rng(seed)
    layers = [
        Image.fromarray(random.integers(0, 256, (height // n, width // n, 3), np.uint8)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        for n in (6, 15, 40)
    ]
    return np.mean([np.asarray(layer, float) for layer in layers], 0).astype(np.uint8)

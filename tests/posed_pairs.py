"""A textured scene seen by cameras of known poses, for tests of dense depth."""

from __future__ import annotations

import numpy as np
import torch

from splat_widgets.refinement.records import Pose, Shot, SparseDepths, Window
from splat_widgets.training.procedural.scenes import Pairs, render_pairs

WHOLE = Window(-0.5, -0.5, 1.0)


def pair(seed: int = 31, size: int = 96) -> Pairs:
    return render_pairs([seed], size, shadows=False)


def shots(pairs: Pairs, window: Window = WHOLE) -> tuple[Shot, Shot]:
    pictures = (pairs.images[0].movedim(1, -1) * 255).round().byte().numpy()
    middle = (pictures.shape[1] / 2,) * 2
    return Shot(pictures[0], window, middle), Shot(pictures[1], window, middle)


def poses(pairs: Pairs) -> tuple[Pose, Pose]:
    T = torch.linalg.inv(pairs.T_first_camera[0, 1].double()).numpy()
    return Pose(np.eye(3), np.zeros(3)), Pose(T[:3, :3], T[:3, 3])


def focal_sides(pairs: Pairs) -> float:
    return float(pairs.focal_px[0]) / pairs.images.shape[-1]


def depths(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    first, second = pairs.depth[0].double().numpy()
    return first, second


def bent(depth: np.ndarray) -> np.ndarray:
    """A network's guess: too large, tilted, flattened, wavy, without detail."""
    size = len(depth)
    coarse = torch.from_numpy(np.log(depth))[None, None]
    coarse = torch.nn.functional.avg_pool2d(coarse, 9, 1, 4, count_include_pad=False)[0, 0].numpy()
    x, y = WHOLE.centres(size)[..., 0], WHOLE.centres(size)[..., 1]
    waves = 0.1 * np.sin(9 * x) * np.cos(7 * y)
    return np.exp(0.3 + 0.2 * x - 0.1 * y + 0.9 * coarse + waves)


def sparse(depth: np.ndarray, count: int = 60, seed: int = 0) -> SparseDepths:
    size = len(depth)
    row, column = np.random.default_rng(seed).integers(0, size, (2, count))
    sides = WHOLE.centres(size)[row, column]
    return SparseDepths(sides, depth[row, column])

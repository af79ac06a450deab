"""Pairs as the two-photo geometry sees them: what the network says of the photos of a shot."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.refinement.prior import pair_prior
from splat_widgets.refinement.records import PairPrior, Pose, Shot


def prior_of(model: Splatt3R, shots: tuple[Shot, Shot]) -> PairPrior:
    """The network's prior, from the windows of two shots at the network's own size."""
    size = model.image_size
    images = [_tensor(_window(shot, size)) for shot in shots]
    with torch.inference_mode():
        maps = model(*images).unbatched()
    known = [shot.focal_sides for shot in shots]
    focal = known[0] if None not in known else None
    return pair_prior((maps[0], maps[1]), (shots[0].window, shots[1].window), focal)


def _window(shot: Shot, size: int) -> np.ndarray:
    """(size, size, 3) the window; what lies outside the picture repeats its edge."""
    corner = shot.to_pixels(np.array([shot.window.left, shot.window.top]))
    edge = max(2, round(shot.window.size * shot.side_px))
    step = np.arange(edge)
    rows = np.clip(step + round(corner[1]), 0, shot.picture.shape[0] - 1)
    columns = np.clip(step + round(corner[0]), 0, shot.picture.shape[1] - 1)
    crop = shot.picture[rows[:, None], columns[None, :]]
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)


def _tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).movedim(-1, 0)[None] / 255


def angles_deg(found: Pose | None, true: Pose) -> tuple[float, float]:
    """Errors of rotation and of the direction of translation; 180 without a pose."""
    if found is None:
        return 180.0, 180.0
    turn = cv2.Rodrigues(found.R.T @ true.R)[0]
    lengths = np.linalg.norm(found.t) * np.linalg.norm(true.t)
    cosine = np.clip(found.t @ true.t / max(float(lengths), 1e-12), -1, 1)
    return float(np.degrees(np.linalg.norm(turn))), float(np.degrees(np.arccos(cosine)))

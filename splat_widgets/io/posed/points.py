"""3D points to start a training from: Gaussians that are trusted, and where photos see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from splat_widgets.io.posed.views import View
from splat_widgets.scene.scene import Scene

SAME_DEPTH = 0.02
"""A photo sees a point whose depth differs from its own there by at most this share."""


@dataclass(frozen=True, eq=False)
class Points:
    """M points, and L places in the pictures where they are seen."""

    positions: np.ndarray  # (M, 3) float64, in the scene's frame
    colors: np.ndarray  # (M, 3) uint8 of the photos, as the pictures beside them have them
    errors_px: np.ndarray  # (M,) mean distance of a point's places from its projections
    view: np.ndarray  # (L,) int64 place of the picture among the views, ascending
    point: np.ndarray  # (L,) int64
    xy: np.ndarray  # (L, 2) x, y in pixels of the picture

    def __len__(self) -> int:
        return len(self.positions)

    def seen_in(self, view: int) -> np.ndarray:
        """Rows of the places in one picture."""
        return np.flatnonzero(self.view == view)


def points_of(scene: Scene, views: Sequence[View], most: int) -> Points:
    """Points of the Gaussians that are trusted.

    Of a refined scene these are the ones on whose depth two photos agree; of others the more
    confident half. A point ends its own pixel's ray, before the Gaussian's offset, so it is seen at
    that pixel, and where it falls in every other picture whose own Gaussian there lies at the same
    depth. Its colour is that of its own pixel: Gaussians of photos with different exposures have
    all one exposure, the pictures their own.

    Args:
        scene: with the photos of the views.
        views: pictures to be seen in.
        most: number of points at most; evenly spaced ones are taken of more.
    """
    record = scene.reconstruction
    assert record is not None, "views come from photos"
    own = np.full(len(record.photos), -1)
    for number, view in enumerate(views):
        own[list(view.members)] = number
    view_of = own[record.view.cpu().numpy()]  # (N,)
    row, col = record.row.cpu().numpy(), record.col.cpu().numpy()
    places = (scene.means - record.offsets).detach().cpu().double().numpy()
    trusted = np.flatnonzero(_trusted(scene) & (view_of >= 0) & np.isfinite(places).all(1))
    if len(trusted) > most:
        trusted = trusted[np.linspace(0, len(trusted) - 1, most).round().astype(np.int64)]
    positions = places[trusted]
    errors, colors = np.zeros(len(trusted)), np.zeros((len(trusted), 3), np.uint8)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number, view in enumerate(views):
        here = view_of == number
        depths = np.full(view.photo.pixels.shape[:2], np.nan)
        depths[row[here], col[here]] = view.project(places[here])[1]
        projected, depth = view.project(positions)
        mine = view_of[trusted] == number
        seen = projected.copy()
        seen[mine] = view.place_of(row[trusted[mine]], col[trusted[mine]])
        colors[mine] = view.photo.pixels[row[trusted[mine]], col[trusted[mine]]]
        rows = np.flatnonzero(mine | _seen(view, projected, depth, depths))
        errors[mine] = np.linalg.norm(projected[mine] - seen[mine], axis=1)
        parts.append((np.full(len(rows), number), rows, seen[rows]))
    view_index, point, xy = (np.concatenate(part) for part in zip(*parts, strict=True))
    counts = np.bincount(point, minlength=len(trusted))
    return Points(
        positions=positions,
        colors=colors,
        errors_px=errors / np.maximum(counts, 1),
        view=view_index,
        point=point,
        xy=xy,
    )


def _trusted(scene: Scene) -> np.ndarray:
    """(N,) bool."""
    if scene.evidence is not None and bool(scene.evidence.checked.any()):
        return scene.evidence.checked.cpu().numpy()
    confidence = scene.confidence.detach().cpu().numpy()
    return confidence >= np.median(confidence) if len(confidence) else np.zeros(0, bool)


def _seen(view: View, projected: np.ndarray, depth: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Whether points lie where the picture's own Gaussians do; NaN depths are seen nowhere."""
    height, width = depths.shape
    inside = (depth > 0) & np.isfinite(projected).all(1)
    row, col = view.crop_pixel_of(np.where(inside[:, None], projected, -1e6))
    inside &= (row >= 0) & (row < height) & (col >= 0) & (col < width)
    there = depths[row.clip(0, height - 1), col.clip(0, width - 1)]
    with np.errstate(invalid="ignore"):
        return inside & (np.abs(there / np.where(inside, depth, 1) - 1) <= SAME_DEPTH)

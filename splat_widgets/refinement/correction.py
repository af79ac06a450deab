"""The network's depth, fitted to the depths of matches: it then sets range and fill of the sweep.

A network is wrong about depth mostly in large: its scale, a tilt, a contrast between near and far.
All of that is affine in log depth, so a few dozen triangulated matches determine it. A smooth field
of what is left over adds nothing: the sweep finds it.

Matches crowd where there is texture. Each part of the photo counts as one, however many it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from splat_widgets.refinement.records import SparseDepths, Window

_ITERATIONS = 20
_RIDGE = np.array([1e-3, 0.2, 0.2, 0.1])  # on offset, slopes in x and y, contrast
_CELLS = 16  # per axis: parts of the window whose matches count as one
_LEAST_SPREAD = 0.01  # of log depth; keeps the weight of perfect matches finite
_FEWEST = 4
_FAR = 2.0  # times the farthest that the network sees: the sky, of which it knows nothing
_FAR_PERCENTILE = 98
_ENOUGH = 12  # matches that must remain without the sky's
NEAREST = 1e-3  # scene units over the prior's median: no depth is below


@dataclass(frozen=True, eq=False)
class CorrectedPrior:
    """The network's depth of one photo on its grid of Gaussians."""

    depth: np.ndarray  # (n, n) float64, > 0
    ratios: np.ndarray  # (M,) depths of the matches inside the window over the corrected ones
    places: np.ndarray  # (M, 2) of these matches from the window's corner, in window sizes


def corrected_prior(
    prior: np.ndarray, window: Window, sparse: SparseDepths, count: int
) -> CorrectedPrior:
    """Fit log depth by offset, slopes in x and y, and contrast; outliers count little (Cauchy).

    Args:
        prior: (S, S) the network's depth over the window, scene units up to the correction.
        window: of the photo.
        sparse: matches; those outside the window are ignored.
        count: edge of the grid of Gaussians.
    """
    logs = np.log(np.maximum(prior, NEAREST * np.median(prior)))
    inside = _inside(sparse, window)
    sides, depths = sparse.sides[inside], sparse.depths[inside]
    grid = resampled(logs, count)
    if len(depths) < _FEWEST:
        return CorrectedPrior(np.exp(grid), np.empty(0), np.empty((0, 2)))
    middle = float(np.median(logs))
    here = sampled(logs, window.to_pixels(sides, len(logs)))
    places = window.to_pixels(sides, 1)
    place = places - 0.5
    terms = _terms(place, here - middle)
    residual = np.log(depths) - here
    near = depths < _FAR * np.exp(np.percentile(logs, _FAR_PERCENTILE))
    used = near if near.sum() >= _ENOUGH else np.ones_like(near)
    answer = _robust_fit(terms[used], residual[used], _shares(place[used]))
    field = _terms(window_places(count), grid - middle) @ answer
    return CorrectedPrior(np.exp(grid + field), np.exp(residual - terms @ answer), places)


def window_places(count: int) -> np.ndarray:
    """(count, count, 2) x, y of a grid's pixels from the window's middle, in window sizes."""
    return Window(-0.5, -0.5, 1.0).centres(count)


def resampled(values: np.ndarray, count: int) -> np.ndarray:
    """(count, count) float64 of a map over the same window: linear, or the mean if it shrinks."""
    way = cv2.INTER_AREA if count < len(values) else cv2.INTER_LINEAR
    return cv2.resize(values.astype(np.float64), (count, count), interpolation=way)


def sampled(values: np.ndarray, places_px: np.ndarray) -> np.ndarray:
    """(M,) linear interpolation of a map (S, S) at x, y in its pixels, from its corner."""
    x, y = (places_px.astype(np.float32).T - np.float32(0.5))[..., None]
    way, edge = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return cv2.remap(values.astype(np.float32), x, y, way, borderMode=edge)[:, 0].astype(float)


def _inside(sparse: SparseDepths, window: Window) -> np.ndarray:
    place = window.to_pixels(sparse.sides, 1)
    return ((place > 0) & (place < 1)).all(-1) & (sparse.depths > 0)


def _terms(places: np.ndarray, logs: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(logs), places[..., 0], places[..., 1], logs], -1)


def _shares(places: np.ndarray) -> np.ndarray:
    """(M,) one over the number of matches in a match's cell of the window."""
    column, row = np.clip((places.T + 0.5) * _CELLS, 0, _CELLS - 1).astype(int)
    cell = row * _CELLS + column
    return 1 / np.bincount(cell, minlength=_CELLS**2)[cell]


def _robust_fit(terms: np.ndarray, residual: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """(4,) by iterated weighted least squares with a small ridge."""
    weight = trust
    answer = np.zeros(terms.shape[1])
    for _ in range(_ITERATIONS):
        weighted = terms * weight[:, None]
        answer = np.linalg.solve(terms.T @ weighted + np.diag(_RIDGE), weighted.T @ residual)
        rest = residual - terms @ answer
        spread = max(1.48 * _weighted_median(np.abs(rest), trust), _LEAST_SPREAD)
        weight = trust / (1 + (rest / (2 * spread)) ** 2)
    return answer


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])

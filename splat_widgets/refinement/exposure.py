"""One exposure for all photos, told by the surfaces that two of them show.

A phone sets exposure and white balance anew for each photo. Drawn together, Gaussians of two
exposures make one wall blotchy. The logarithms of the factors between two photos are medians over
all pixels that show one surface in both; those of all pairs are brought together by least squares,
weighted by the number of pixels. Photos that share surfaces get the median of their exposures: one
that is much too dark changes no other, and their order changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from splat_widgets.photos.exposure import UNCHANGED, Factors, to_linear
from splat_widgets.refinement.graph import components
from splat_widgets.refinement.overlap import Surface, shared
from splat_widgets.refinement.records import DenseDepth

LEAST_PIXELS = 300
"""Fewer shared pixels of two photos say nothing about their exposures."""
LEAST_CHANGE = 0.04
"""Logarithm of the largest factor between photos below which all stay as they are: noise and
shading differ as much."""
LARGEST_CHANGE = float(np.log(4))
"""Beyond this the darker photo's noise would be drawn."""
_UNSEEN_CHANGE = 0.005  # logarithm of a factor that moves no display value by a step of 8 bits
_TRUSTED = (0.06, 0.94)  # display values: neither noise nor cut off
_WEAK = 1e-3  # share of the pixels by which a photo without overlap is held at no change


def exposures(
    surfaces: Sequence[Surface], denses: Sequence[DenseDepth], colours: Sequence[np.ndarray]
) -> tuple[Factors, ...]:
    """Factors that give photos the median exposure of those that they share surfaces with.

    They are (1, 1, 1) for a photo that has it, or that shares surfaces with no other.

    Args:
        surfaces: of each photo.
        denses: the depths that they come from; only pixels on which photos agree are used.
        colours: (n, n, 3) RGB in [0, 1] of each photo on its grid.
    """
    count = len(surfaces)
    rows, values, weights = [], [], []
    compared = set()
    for a, b in permutations(range(count), 2):
        found = _between(surfaces[a], surfaces[b], (denses[a], denses[b]), (colours[a], colours[b]))
        if found is not None:
            ratio, pixels = found
            rows.append(np.eye(count)[b] - np.eye(count)[a])
            compared.add((a, b))
            values.append(ratio)
            weights.append(pixels)
    if not rows:
        return (UNCHANGED,) * count
    # Weakly at no change: only then the sum of all is determined, and a photo without overlap.
    equations = np.concatenate([np.array(rows), np.eye(count)])
    right = np.concatenate([np.array(values), np.zeros((count, 3))])
    scale = np.sqrt(np.concatenate([weights, np.full(count, _WEAK * np.mean(weights))]))[:, None]
    logs = np.linalg.lstsq(equations * scale, right * scale, rcond=None)[0]
    for group in map(list, components(compared, count)):
        equal = np.ptp(logs[group], axis=0).max() < LEAST_CHANGE
        logs[group] = 0 if equal else logs[group] - np.median(logs[group], axis=0)
    return tuple(map(_factors, logs))


def _between(
    a: Surface,
    b: Surface,
    denses: tuple[DenseDepth, DenseDepth],
    colours: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, int] | None:
    """(3,) log of the factor that gives `b` the exposure of `a`, and of how many pixels."""
    mine, theirs = shared(a, b)
    both = denses[0].checked.ravel()[mine] & denses[1].checked.ravel()[theirs]
    first = colours[0].reshape(-1, 3)[mine[both]]
    second = colours[1].reshape(-1, 3)[theirs[both]]
    low, high = _TRUSTED
    good = ((first > low) & (first < high) & (second > low) & (second < high)).all(axis=1)
    if good.sum() < LEAST_PIXELS:
        return None
    ratios = np.log(to_linear(first[good]) / to_linear(second[good]))
    return np.median(ratios, axis=0), int(good.sum())


def _factors(logs: np.ndarray) -> Factors:
    if np.abs(logs).max() < _UNSEEN_CHANGE:
        return UNCHANGED
    red, green, blue = np.exp(np.clip(logs, -LARGEST_CHANGE, LARGEST_CHANGE)).tolist()
    return red, green, blue

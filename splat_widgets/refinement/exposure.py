"""One exposure for all photos, told by the surfaces that two of them show.

A phone sets exposure and white balance anew for each photo, and often brightens its shadows.
Drawn together, Gaussians of two exposures make one wall blotchy. Of all pixels that show one
surface in two photos the spread of the logarithms of light tells the ratio of contrasts, and then
the median of their differences the factors. Those of all pairs are brought together by least
squares, weighted by the number of pixels. Photos that share surfaces get the median of their
exposures: one that is much too dark changes no other, and their order changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np

from splat_widgets.photos.exposure import MID_GREY, UNCHANGED, Exposure, to_linear
from splat_widgets.refinement.graph import Edge, components
from splat_widgets.refinement.overlap import Surface, shared
from splat_widgets.refinement.records import DenseDepth

LEAST_PIXELS = 300
"""Fewer shared pixels of two photos say nothing about their exposures."""
LEAST_CHANGE = 0.04
"""Logarithm of the largest factor between photos below which all stay as they are: noise and
shading differ as much."""
LEAST_CONTRAST = 0.06
"""Logarithm of the largest ratio of exponents below which all stay as they are. Of pairs of photos
with smaller ones, some agreed less after them."""
LARGEST_CHANGE = float(np.log(4))
"""Logarithm of a factor; beyond this the darker photo's noise would be drawn."""
LARGEST_CONTRAST = float(np.log(1.5))
"""Logarithm of an exponent: beyond this, surfaces that no other photo shows would look wrong."""
_LEAST_SPREAD, _LEAST_CORRELATION = 0.5, 0.7
"""Of logarithms of light: with less, noise and wrong depth would tell the contrast."""
_SPREAD = (90, 10)  # percentiles
_MOST_PIXELS = 10_000  # of two photos that are compared; more tell no more
_UNSEEN_CHANGE = 0.005  # logarithm of a factor that moves no display value by a step of 8 bits
_TRUSTED = (0.06, 0.94)  # display values: neither noise nor cut off
_WEAK = 1e-3  # share of the pixels by which a photo without overlap is held at no change


def exposures(
    surfaces: Sequence[Surface], denses: Sequence[DenseDepth], colours: Sequence[np.ndarray]
) -> tuple[Exposure, ...]:
    """What gives photos the median exposure of those that they share surfaces with.

    `UNCHANGED` for a photo that has it, or that shares surfaces with no other.

    Args:
        surfaces: of each photo.
        denses: the depths that they come from; only pixels on which photos agree are used.
        colours: (n, n, 3) RGB in [0, 1] of each photo on its grid.
    """
    count = len(surfaces)
    seen, pixels = {}, {}
    for a, b in permutations(range(count), 2):
        first, second = _both(
            surfaces[a], surfaces[b], (denses[a], denses[b]), (colours[a], colours[b])
        )
        if len(first) >= LEAST_PIXELS:
            step = len(first) // _MOST_PIXELS | 1  # odd, so that it follows no grid
            one, other = (np.log(to_linear(some[::step]) / MID_GREY) for some in (first, second))
            seen[a, b], pixels[a, b] = (one, other), len(first)
    contrasts = {edge: _contrast(*logs) for edge, logs in seen.items()}
    told = {edge: contrast for edge, contrast in contrasts.items() if contrast is not None}
    powers = np.exp(_evened(told, pixels, count, (LEAST_CONTRAST, LARGEST_CONTRAST)))
    apart = {
        (a, b): np.median(powers[a] * one - powers[b] * other, axis=0)
        for (a, b), (one, other) in seen.items()
    }
    factors = _evened(apart, pixels, count, (LEAST_CHANGE, LARGEST_CHANGE))
    return tuple(map(_exposure, factors, powers[:, 0].tolist()))


def _both(
    a: Surface,
    b: Surface,
    denses: tuple[DenseDepth, DenseDepth],
    colours: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """(K, 3) display values of the pixels that both show, in `a` and in `b`."""
    mine, theirs = shared(a, b)
    both = denses[0].checked.ravel()[mine] & denses[1].checked.ravel()[theirs]
    first = colours[0].reshape(-1, 3)[mine[both]]
    second = colours[1].reshape(-1, 3)[theirs[both]]
    low, high = _TRUSTED
    good = ((first > low) & (first < high) & (second > low) & (second < high)).all(axis=1)
    return first[good], second[good]


def _contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """(1,) logarithm of the contrast of one photo over another's, by logarithms of light (K, 3)."""
    spreads = [np.subtract(*np.percentile(logs, _SPREAD, axis=0)) for logs in (one, other)]
    if np.min(spreads) < _LEAST_SPREAD:
        return None
    channels = zip(one.T, other.T, strict=True)
    if min(np.corrcoef(*both)[0, 1] for both in channels) < _LEAST_CORRELATION:
        return None
    return np.log(spreads[0] / spreads[1]).mean(keepdims=True)


def _evened(
    apart: Mapping[Edge, np.ndarray],
    pixels: Mapping[Edge, int],
    count: int,
    bounds: tuple[float, float],
) -> np.ndarray:
    """(P, K) logarithms to add in each photo, so that all that are connected meet at their median.

    Args:
        apart: (K,) for pairs of photos: the first one's logarithms less the second one's.
        pixels: how many tell them.
        count: number of photos.
        bounds: differences below the first one stay; no result is larger than the second one.
    """
    least, largest = bounds
    if not apart:
        return np.zeros((count, 1))
    rows = [np.eye(count)[b] - np.eye(count)[a] for a, b in apart]
    weights = np.array([pixels[edge] for edge in apart], float)
    right = np.array([*apart.values()])
    # Weakly at no change: only then the sum of all is determined, and a photo without overlap.
    equations = np.concatenate([np.array(rows), np.eye(count)])
    right = np.concatenate([right, np.zeros((count, right.shape[1]))])
    scale = np.sqrt(np.concatenate([weights, np.full(count, _WEAK * weights.mean())]))[:, None]
    logs = np.linalg.lstsq(equations * scale, right * scale, rcond=None)[0]
    for group in map(list, components(set(apart), count)):
        equal = np.ptp(logs[group], axis=0).max() < least
        logs[group] = 0 if equal else logs[group] - np.median(logs[group], axis=0)
    return np.clip(logs, -largest, largest)


def _exposure(logs: np.ndarray, contrast: float) -> Exposure:
    if np.abs(logs).max() < _UNSEEN_CHANGE and abs(np.log(contrast)) < _UNSEEN_CHANGE:
        return UNCHANGED
    red, green, blue = np.exp(np.broadcast_to(logs, 3)).tolist()
    return Exposure((red, green, blue), contrast)

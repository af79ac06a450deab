"""Features of one picture: SIFT (Lowe 2004) under the Hellinger kernel (Arandjelović 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np

from splat_widgets.refinement.records import Features

MAX_FEATURES, _MAX_WEAK = 4000, 2500
CONTRAST = 0.01
"""OpenCV's default of 0.04 leaves walls and skies without a feature."""
_EDGE = 10.0  # OpenCV's default
_WEAK_CONTRAST, _WEAK_EDGE = 0.005, 40.0
"""A second look takes what lies along edges too: it connects more photos, less precisely."""
_SHORT_SIDE_PX, _MOST_ENLARGED = 512, 2.0
"""Smaller pictures are enlarged for the second look, at most so many times."""
_SAME_PLACE_PX = 1.0  # of the picture; nearer to a strong feature a weak one adds nothing
_LAYERS = 3  # of an octave; OpenCV's default
_SUPPORT = 2 ** (2 / _LAYERS)
"""How much wider than usual the square is that a descriptor describes: fewer chance matches."""
_DARK = 100  # grey level; a picture without a brighter one is brightened
_MOST_BRIGHTENED = 10.0  # times; more would match noise
_HALF_PIXEL = 0.5  # OpenCV counts from the centre of the first pixel, we from its corner


def features(picture: np.ndarray) -> Features:
    """The strongest features of a picture. The same picture gives the same features.

    Args:
        picture: (H, W, 3) uint8 RGB.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    # What is dark has as much to see, but OpenCV's thresholds are grey levels.
    brightest = float(np.percentile(grey, 99.5))
    if 0 < brightest < _DARK:
        grey = cv2.convertScaleAbs(grey, alpha=min(255 / brightest, _MOST_BRIGHTENED))
    nothing = np.full_like(grey, 255)  # a mask that hides nothing
    strong = _described(grey, _sift(CONTRAST, _EDGE, MAX_FEATURES).detect(grey, nothing))
    return replace(strong, closer=cache(lambda: _with_weak(grey, strong)))


class Looks:
    """Features of photos, each found once."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[np.ndarray, Features]] = {}

    def of(self, picture: np.ndarray) -> Features:
        """The features of a picture (H, W, 3)."""
        key = id(picture)
        if key not in self._found:
            self._found[key] = picture, features(picture)  # holds the id
        return self._found[key][1]


def mirrored(found: Features, width_px: int) -> Features:
    """The features that a mirror image would have; without weaker ones.

    A mirror only reorders a descriptor (Ma 2010): its square lies along the feature's direction, so
    the four rows beside it are exchanged and the angles of the gradients change their sign.

    Args:
        found: of a picture.
        width_px: of the picture.
    """
    xy = np.array([width_px, 0]) + found.xy_px * (-1, 1)
    cells = found.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, :, -np.arange(8) % 8]
    return Features(xy, np.ascontiguousarray(cells.reshape(-1, 128)))


def _with_weak(grey: np.ndarray, strong: Features) -> Features:
    """The strong features, and after them weaker ones at other places."""
    height, width = grey.shape
    scale = min(max(_SHORT_SIDE_PX / min(grey.shape), 1.0), _MOST_ENLARGED)
    size = round(width * scale), round(height * scale)
    enlarged = grey if scale == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)
    ratio = np.array(size) / (width, height)
    elsewhere = np.full_like(enlarged, 255)
    for x, y in np.rint(strong.xy_px * ratio - _HALF_PIXEL).astype(int).tolist():
        cv2.circle(elsewhere, (x, y), round(_SAME_PLACE_PX * scale), 0, -1)
    # The detector would count what the mask hides among the strongest: it finds all instead.
    points = _sift(_WEAK_CONTRAST, _WEAK_EDGE, 0).detect(enlarged, elsewhere)
    strongest = sorted(points, key=lambda point: -point.response)[:_MAX_WEAK]
    weak = _described(enlarged, strongest)
    return Features(
        np.concatenate([strong.xy_px, weak.xy_px / ratio]),
        np.concatenate([strong.descriptors, weak.descriptors]),
    )


def _sift(contrast: float, edge: float, most: int) -> cv2.SIFT:
    """A detector; with 0 at most it finds all there are."""
    # Made anew for each picture: a detector keeps state, and pictures come from several threads.
    # The first octave is enlarged; not precisely, all features lie a quarter of a pixel off.
    return cv2.SIFT.create(
        nfeatures=most,
        nOctaveLayers=_LAYERS,
        contrastThreshold=contrast,
        edgeThreshold=edge,
        enable_precise_upscale=True,
    )


def _described(grey: np.ndarray, points: Sequence[cv2.KeyPoint]) -> Features:
    """Features at points that were found in a grey picture."""
    if not points:
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    sift = _sift(CONTRAST, _EDGE, MAX_FEATURES)
    points, histograms = sift.compute(grey, [_widened(point) for point in points])
    xy = np.array([point.pt for point in points], float) + _HALF_PIXEL
    total = np.maximum(histograms.sum(1, keepdims=True), np.float32(1e-6))
    return Features(xy, np.sqrt(histograms / total))


def _widened(point: cv2.KeyPoint) -> cv2.KeyPoint:
    """A feature whose descriptor sees `_SUPPORT` times as far, in a picture that much coarser.

    That picture lies two layers on: in the next octave, one layer before the feature's own. With
    half the pixels a side the wider square costs no more.
    """
    octave, layer = point.octave & 255, (point.octave >> 8) & 255  # OpenCV's packing; -1 is 255
    place = ((octave + 1) & 255) | ((layer - 1) << 8)
    size = point.size * _SUPPORT
    x, y = point.pt
    return cv2.KeyPoint(x, y, size, point.angle, point.response, place, point.class_id)

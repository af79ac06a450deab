"""Features of one picture: SIFT (Lowe 2004) under the Hellinger kernel (Arandjelović 2012)."""

from __future__ import annotations

import cv2
import numpy as np

from splat_widgets.refinement.records import Features

MAX_FEATURES = 4000
CONTRAST = 0.01
"""OpenCV's default of 0.04 leaves walls and skies without a feature."""
_DARK = 100  # grey level; a picture without a brighter one is brightened
_MOST_BRIGHTENED = 10.0  # times; more would match noise
_HALF_PIXEL = 0.5  # OpenCV counts from the centre of the first pixel, we from its corner


def features(picture: np.ndarray) -> Features:
    """The strongest features of a picture. The same picture gives the same features.

    Args:
        picture: (H, W, 3) uint8 RGB.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    # Made anew for each picture: a detector keeps state, and pictures come from several threads.
    # What is dark has as much to see, but OpenCV's thresholds are grey levels.
    brightest = float(np.percentile(grey, 99.5))
    if 0 < brightest < _DARK:
        grey = cv2.convertScaleAbs(grey, alpha=min(255 / brightest, _MOST_BRIGHTENED))
    # The first octave is enlarged; not precisely, all features lie a quarter of a pixel off.
    sift = cv2.SIFT.create(
        nfeatures=MAX_FEATURES, contrastThreshold=CONTRAST, enable_precise_upscale=True
    )
    nothing = np.full_like(grey, 255)  # a mask that hides nothing
    points, histograms = sift.detectAndCompute(grey, nothing)
    if histograms is None or not len(points):
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    xy = np.array([point.pt for point in points], float) + _HALF_PIXEL
    total = np.maximum(histograms.sum(1, keepdims=True), np.float32(1e-6))
    return Features(xy, np.sqrt(histograms / total))

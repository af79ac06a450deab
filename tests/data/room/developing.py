"""From linear light to a photo: less noise, and what a film does."""

from __future__ import annotations

import cv2
import numpy as np


def denoised(view: dict[str, np.ndarray]) -> np.ndarray:
    """Linear colour whose light (colour over albedo) is smooth on each surface.

    Direct light keeps its shadows: it is filtered over a few pixels that have the same brightness.
    What other surfaces send has no edges of its own: it is filtered widely, over one plane. After
    Dammertz et al., "Edge-avoiding À-Trous wavelet transform", 2010.
    """
    albedo = np.maximum(view["albedo"], 0.02)
    direct = np.log1p(np.maximum(view["direct"], 0) / albedo)
    guide = cv2.GaussianBlur(direct.mean(-1), (0, 0), 0.8)
    for step in (1, 2):
        direct = smoothed(direct, view, step, guide, 0.06)
    other = (view["colour"] - view["direct"]) / albedo
    other = np.clip(other, -3, 3)
    for step in (1, 2, 4, 8, 16):
        other = smoothed(other, view, step, None, 0)
    return np.maximum((np.expm1(direct) + np.maximum(other, 0)) * albedo, 0)


def smoothed(light, view, step: int, guide, tolerance: float) -> np.ndarray:
    """One level of the filter: taps `step` pixels apart, on one surface, of one brightness."""
    taps = np.array([1, 4, 6, 4, 1]) / 16
    normal, place = view["normal"], view["place"]
    distance = np.maximum(np.linalg.norm(place - place.mean((0, 1)), axis=-1), 1.0)
    total, weight = np.zeros_like(light), np.zeros(light.shape[:2])
    for row, a in enumerate(taps):
        for column, b in enumerate(taps):
            move = ((row - 2) * step, (column - 2) * step)
            other = np.roll(light, move, (0, 1))
            off = ((np.roll(place, move, (0, 1)) - place) * normal).sum(-1) / distance
            turn = ((np.roll(normal, move, (0, 1)) - normal) ** 2).sum(-1)
            w = a * b * np.exp(-((off / 0.01) ** 2) - turn / 0.05)
            if guide is not None:
                w = w * np.exp(
                    -(((np.roll(guide, move, (0, 1)) - guide) / (tolerance * (0.3 + guide))) ** 2)
                )
            total += w[..., None] * other
            weight += w
    return total / np.maximum(weight, 1e-9)[..., None]


def developed(linear: np.ndarray, exposure: float) -> np.ndarray:
    """(H, W, 3) uint8 sRGB: exposure and a film's soft shoulder."""
    x = linear * exposure
    x = x * (1 + x / 16) / (1 + 0.55 * x)  # Reinhard's curve: highlights fade into white
    x = np.clip(x, 0, 1)
    encoded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(255 * encoded).astype(np.uint8)

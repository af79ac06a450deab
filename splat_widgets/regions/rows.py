"""Masks from what a script can write down: rows by number, or packed bits as text."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np
import torch

from splat_widgets.scene.rows import selection_index
from splat_widgets.scene.scene import Scene, SceneLike


def at(scene: SceneLike, indices: Sequence[int] | np.ndarray) -> np.ndarray:
    """Gaussians by their row in the scene.

    Args:
        scene: what `Scene.of` takes.
        indices: (M,) whole numbers from -N to N - 1.

    Returns:
        (N,) bool.
    """
    count = len(Scene.of(scene))
    mask = np.zeros(count, bool)
    mask[selection_index(indices, count, torch.device("cpu")).numpy()] = True
    return mask


def mask_of(mask: np.ndarray | None, count: int) -> np.ndarray:
    """A copy of a mask of the scene's Gaussians; None is all of them.

    Raises:
        ValueError: for another shape than (count,).
    """
    found = np.ones(count, bool) if mask is None else np.array(mask, bool)
    if found.shape != (count,):
        raise ValueError(f"expected a mask of shape ({count},), got {found.shape}")
    return found


def from_text(*parts: str, count: int) -> np.ndarray:
    """A mask written as text, as the inspector's script has it.

    Args:
        parts: base64 of zlib-compressed packed bits, in pieces.
        count: number of Gaussians, N.

    Returns:
        (N,) bool.
    """
    packed = zlib.decompress(base64.b64decode("".join(parts)))
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=count).view(bool)

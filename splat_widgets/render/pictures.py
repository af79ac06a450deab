"""Pictures as numbers, bytes and scores."""

from __future__ import annotations

import io
from math import log10

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def psnr(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of two pictures in [0, 1]; infinite if they are equal.

    Args:
        a: (H, W, 3) floats.
        b: (H, W, 3) floats.
        mask: (H, W) booleans, the pixels that count; all by default.

    Raises:
        TypeError: for whole numbers, which are no pictures in [0, 1].
        ValueError: for different shapes or a mask that selects nothing.
    """
    if not (a.is_floating_point() and b.is_floating_point()):
        raise TypeError(
            f"expected floats in [0, 1], got {a.dtype} and {b.dtype}; divide 8-bit pictures by 255"
        )
    if a.shape != b.shape:
        raise ValueError(
            f"expected pictures of one shape, got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    squared = (a.double() - b.to(a.device).double()).square()
    if mask is not None:
        squared = squared[mask.to(a.device)]
    if not squared.numel():
        raise ValueError("expected at least one pixel to compare, the mask selects none")
    error = float(squared.mean())
    return float("inf") if error == 0 else -10 * log10(error)


def to_uint8(color: Tensor) -> np.ndarray:
    """(H, W, 3) display RGB in [0, 1] as 8-bit numbers; clamped, rounded."""
    return (color.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


def to_png(color: Tensor) -> bytes:
    """A PNG file of (H, W, 3) display RGB in [0, 1]."""
    file = io.BytesIO()
    Image.fromarray(to_uint8(color)).save(file, "PNG")
    return file.getvalue()

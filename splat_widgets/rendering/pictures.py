"""Pictures as numbers, bytes and scores."""

from __future__ import annotations

import io
from math import log10

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

_WINDOW_SIGMA_PX, _WINDOW_RADIUS_PX = 1.5, 5
_STABILISERS = (0.01**2, 0.03**2)


def psnr(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of two pictures in [0, 1]; infinite if they are equal.

    Args:
        a: (H, W, 3) floats.
        b: (H, W, 3) floats.
        mask: (H, W) booleans, the pixels that count; all by default.

    Raises:
        TypeError: for integers; divide 8-bit pictures by 255.
        ValueError: for different shapes or a mask that selects nothing.
    """
    _check_pictures(a, b)
    squared = (a.double() - b.to(a.device).double()).square()
    if mask is not None:
        squared = squared[mask.to(a.device)]
    if not squared.numel():
        raise ValueError("expected at least one pixel to compare, the mask selects none")
    error = float(squared.mean())
    return float("inf") if error == 0 else -10 * log10(error)


def ssim(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> float:
    """Structural similarity of two pictures in [0, 1]: 1 if they are equal, about 0 if unrelated.

    Wang, Bovik, Sheikh, Simoncelli 2004, with their constants and Gaussian window (11 x 11 pixels,
    σ 1.5), per channel and averaged. A window that reaches beyond the picture or the mask is cut
    there and its weights are raised to match, so that only pixels that count contribute. Without a
    mask, the authors leave out the border instead. Arguments and errors are those of `psnr`.
    """
    _check_pictures(a, b)
    x, y = (part.double().movedim(-1, 0)[:, None] for part in (a, b.to(a.device)))  # (3, 1, H, W)
    counts = torch.ones_like(x[:1]) if mask is None else mask.to(a.device)[None, None].double()
    if not counts.any():
        raise ValueError("expected at least one pixel to compare, the mask selects none")
    steps = torch.arange(-_WINDOW_RADIUS_PX, _WINDOW_RADIUS_PX + 1, device=a.device).double()
    taps = torch.exp(-0.5 * (steps / _WINDOW_SIGMA_PX).square())

    def total(values: Tensor) -> Tensor:
        rows = F.conv2d(values, taps[None, None, :, None], padding=(_WINDOW_RADIUS_PX, 0))
        return F.conv2d(rows, taps[None, None, None], padding=(0, _WINDOW_RADIUS_PX))

    weight = total(counts)
    inside = counts[0, 0] > 0

    def mean(values: Tensor) -> Tensor:
        return (total(values * counts) / weight)[:, 0, inside]  # (3, pixels that count)

    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x.square(), mean(y * y) - mean_y.square()
    covariance = mean(x * y) - mean_x * mean_y
    c1, c2 = _STABILISERS
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity = similarity / (mean_x.square() + mean_y.square() + c1)
    return float((similarity / (variance_x + variance_y + c2)).mean())


def _check_pictures(a: Tensor, b: Tensor) -> None:
    if not (a.is_floating_point() and b.is_floating_point()):
        raise TypeError(
            f"expected floats in [0, 1], got {a.dtype} and {b.dtype}; divide 8-bit pictures by 255"
        )
    if a.shape != b.shape:
        raise ValueError(
            f"expected pictures of one shape, got {tuple(a.shape)} and {tuple(b.shape)}"
        )


def to_uint8(color: Tensor) -> np.ndarray:
    """(H, W, 3) display RGB in [0, 1] as 8-bit numbers; clamped, rounded."""
    return (color.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


def to_png(color: Tensor) -> bytes:
    """A PNG file of (H, W, 3) display RGB in [0, 1]."""
    file = io.BytesIO()
    Image.fromarray(to_uint8(color)).save(file, "PNG")
    return file.getvalue()


def to_jpeg(color: Tensor, *, quality: int = 85) -> bytes:
    """A JPEG file of (H, W, 3) display RGB in [0, 1]."""
    file = io.BytesIO()
    Image.fromarray(to_uint8(color)).save(file, "JPEG", quality=quality)
    return file.getvalue()

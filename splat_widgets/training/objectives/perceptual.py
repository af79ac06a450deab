"""The normalised Laplacian pyramid distance: how different two pictures look, without a network.

Laparra, Ballé, Berardino, Simoncelli 2016, "Perceptual image quality assessment using a normalized
Laplacian pyramid". A picture's luminance is split into a Laplacian pyramid (Burt and Adelson 1983);
every coefficient is divided by a constant plus a weighted sum of its neighbours' magnitudes, as
neurons of the early visual system adapt to local contrast. The authors learned the constants and
weights from natural pictures. Colour does not count, and a change of contrast counts less than in a
squared difference.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_LUMINANCE = (0.299, 0.587, 0.114)  # of display RGB, ITU-R BT.601
_TAPS = (0.05, 0.25, 0.4, 0.25, 0.05)
_SIGMAS = (0.0248, 0.0185, 0.0179, 0.0191, 0.0220, 0.2782)
_NEIGHBOURS = (  # weights of those above, to the left, to the right, below; the last is low-pass
    (0.1011, 0.1493, 0.1460, 0.1015),
    (0.0757, 0.1986, 0.1846, 0.0837),
    (0.0477, 0.2138, 0.2243, 0.0467),
    (0.0, 0.2503, 0.2616, 0.0),
    (0.0, 0.2598, 0.2552, 0.0),
    (0.0, 0.2215, 0.0717, 0.0),
)
_SMALLEST = 4  # pixels on the shorter side of the last band
_ROOT_FLOOR = 1e-6  # keeps the gradient of the root finite where pictures are equal


def perceptual_distance(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Root mean square difference of the normalised bands, averaged over the bands.

    It is differentiable, and 0 for equal pictures. Pictures too small for six bands have fewer: the
    last band, the low-pass, is at least 4 pixels wide.

    Args:
        a: (B, 3, H, W) display RGB in [0, 1], sides of at least 8 pixels.
        b: (B, 3, H, W).
        mask: (B, H, W) bool, the pixels that count; all by default. Elsewhere `a` is replaced by
            `b`, and a coefficient is weighted by the share of its pixels that count.

    Returns:
        (B,) distances; 0 where the mask selects nothing.

    Raises:
        ValueError: for shapes that do not fit.
    """
    if a.shape != b.shape or a.ndim != 4 or a.shape[1] != 3 or min(a.shape[2:]) < 2 * _SMALLEST:
        raise ValueError(
            "expected two batches of pictures (B, 3, H, W) of at least 8 pixels, "
            f"got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    weight = a.new_ones(a.shape[0], 1, *a.shape[2:])
    if mask is not None:
        if mask.shape != (a.shape[0], *a.shape[2:]):
            raise ValueError(f"expected a mask (B, H, W), got {tuple(mask.shape)}")
        a = torch.where(mask[:, None], a, b)
        weight = mask[:, None].to(a)
    grey = a.new_tensor(_LUMINANCE)[None, :, None, None]
    bands = zip(
        normalised_bands((a * grey).sum(1, keepdim=True)),
        normalised_bands((b * grey).sum(1, keepdim=True)),
        strict=True,
    )
    distances = []
    for one, other in bands:
        share = F.adaptive_avg_pool2d(weight, (one.shape[2], one.shape[3]))
        squared = (share * (one - other).square()).sum((1, 2, 3))
        mean = squared / share.sum((1, 2, 3)).clamp_min(_ROOT_FLOOR)
        distances.append((mean + _ROOT_FLOOR**2).sqrt() - _ROOT_FLOOR)
    return torch.stack(distances).mean(0)


def normalised_bands(luminance: Tensor) -> list[Tensor]:
    """The normalised Laplacian pyramid of pictures (B, 1, H, W) in [0, 1], finest band first."""
    bands, rest = [], luminance
    while len(bands) < len(_SIGMAS) - 1 and min(rest.shape[2:]) >= 2 * _SMALLEST:
        smaller = _blur(rest)[..., ::2, ::2]
        bands.append(_normalised(rest - _enlarged(smaller, rest), len(bands)))
        rest = smaller
    bands.append(_normalised(rest, len(_SIGMAS) - 1))
    return bands


def _normalised(band: Tensor, level: int) -> Tensor:
    above, left, right, below = _NEIGHBOURS[level]
    weights = band.new_tensor([[0, above, 0], [left, 0, right], [0, below, 0]])
    around = F.pad(band.abs(), (1, 1, 1, 1), mode="reflect")
    return band / (_SIGMAS[level] + F.conv2d(around, weights[None, None]))


def _enlarged(smaller: Tensor, like: Tensor) -> Tensor:
    """Every other sample from the smaller picture, those between interpolated."""
    spread = torch.zeros_like(like)
    spread[..., ::2, ::2] = 4 * smaller
    return _blur(spread)


def _blur(picture: Tensor) -> Tensor:
    taps = picture.new_tensor(_TAPS)
    padded = F.pad(picture, (2, 2, 2, 2), mode="reflect")
    return F.conv2d(F.conv2d(padded, taps[None, None, None]), taps[None, None, :, None])

"""Matching cost of each pixel of a photo at many depths: a plane sweep (Collins 1996).

The planes are copies of a base surface, moved nearer and farther by factors that are evenly spaced
in inverse depth. At each, the neighbours' pictures are warped onto the photo's grid and compared by
zero-mean normalised cross-correlation, the mean of a small and a large window: the small one keeps
edges, the large one decides where there is little texture. Of several neighbours the better half
counts, so that a surface that some of them do not see still matches (Kang et al. 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

WINDOWS = (5, 11)  # edges in pixels; the large one is three small ones, SHIFT apart
SHIFT = 3
BORDER = WINDOWS[-1] // 2
"""Pixels that a reference needs beyond its grid on each side."""
UNSEEN_COST = 0.5  # of a pixel that a neighbour's picture does not hold: that of no correlation
FEWEST_PLANES, MOST_PLANES = 12, 160
_GREY_SCALE = 64.0  # grey levels to numbers about one, whose squares float32 sums without loss
_NOISE = 2.0 / _GREY_SCALE  # grey levels of deviation that correlate with nothing
_NEAREST = 1e-2  # depth in a neighbour over the photo's median depth: below about this it is behind
_BEHIND = 1e-9  # of that depth, in place of a depth behind a neighbour
_CHUNK_PIXELS = 1 << 17  # of all planes that are warped at once: fits the cache of one core
_BLOCK = 16  # planes that are written at once: the volume has them side by side
_PROBES = 8  # per axis, to count planes


@dataclass(frozen=True, eq=False)
class Reference:
    """The photo whose depth is sought, on its grid with a border."""

    grey: Tensor  # (n + 2 BORDER, n + 2 BORDER) float32 grey levels
    points: Tensor  # (n + 2 BORDER, n + 2 BORDER, 3) float32 base surface, frame of its camera

    @property
    def count(self) -> int:
        """Edge n of the grid."""
        return len(self.grey) - 2 * BORDER


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A picture of another photo and how points get there."""

    grey: Tensor  # (h, w) float32 grey levels, its pixels about as large as the reference's
    projection: np.ndarray  # (3, 4) points of the reference's camera to pixels from the corner


def inverse_factors(
    reference: Reference, neighbours: Sequence[Neighbour], near: float, far: float
) -> np.ndarray:
    """(D,) factors on the inverse depth of the base, evenly spaced from 1 / far to 1 / near.

    As many that from one to the next a pixel's place in a neighbour moves by about a pixel.
    Planes 1.4 pixels apart take a quarter less time, but walls ripple and coarse grids agree less.
    """
    step = max(1, reference.count // _PROBES)
    points = reference.points[::step, ::step].reshape(-1, 3).double().cpu().numpy()
    factors = np.linspace(1 / far, 1 / near, 64)
    longest = 0.0
    for neighbour in neighbours:
        P = neighbour.projection
        moved = points @ P[:, :3].T + factors[:, None, None] * P[:, 3]  # (64, M, 3)
        place = moved[..., :2] / np.maximum(moved[..., 2:], 1e-3 * points[:, 2:].min())
        size = np.array(neighbour.grey.shape[::-1])
        place = np.clip(place, -size, 2 * size)
        paths = np.linalg.norm(np.diff(place, axis=0), axis=-1).sum(0)
        longest = max(longest, float(np.percentile(paths, 75)))
    planes = int(np.clip(np.ceil(longest) + 1, FEWEST_PLANES, MOST_PLANES))
    return np.linspace(1 / far, 1 / near, planes)


def cost_volume(
    reference: Reference,
    neighbours: Sequence[Neighbour],
    factors: np.ndarray,
    tick: Callable[[], object],
) -> Tensor:
    """(n, n, D) float32 matching costs in [0, 1]: (1 - correlation) / 2.

    Args:
        reference: the photo.
        neighbours: at least one.
        factors: (D,) on the inverse depth of the base.
        tick: called between chunks; what it raises ends the work.
    """
    n, device = reference.count, reference.grey.device
    volume = torch.empty(n, n, len(factors), dtype=torch.float32, device=device)
    own = _Windows.of(((reference.grey - 128) / _GREY_SCALE)[None])
    better = (len(neighbours) + 1) // 2
    warps = [_Warp(reference, neighbour) for neighbour in neighbours]
    inverse = torch.as_tensor(factors, dtype=torch.float32, device=device)
    size = max(1, _CHUNK_PIXELS // reference.grey.numel())
    least = float(factors.min())
    for start in range(0, len(factors), _BLOCK):
        block = inverse[start : start + _BLOCK]
        planes = []
        for few in block.split(size):
            tick()
            planes.append(_mean_of_least((own.cost(*warp(few, least)) for warp in warps), better))
        volume[..., start : start + _BLOCK] = torch.cat(planes).permute(1, 2, 0)
    return volume


def _mean_of_least(values: Iterable[Tensor], count: int) -> Tensor:
    """Mean of the `count` least of tensors of one shape, elementwise; sorts by insertion."""
    least: list[Tensor] = []
    for value in values:
        for k, known in enumerate(least):
            least[k], value = torch.minimum(known, value), torch.maximum(known, value)
        if len(least) < count:
            least.append(value)
    return sum(least[1:], least[0]) / count


class _Warp:
    """A neighbour's picture as it would look if the scene were the base, moved in depth."""

    def __init__(self, reference: Reference, neighbour: Neighbour) -> None:
        height, width = neighbour.grey.shape
        # From pixels to the coordinates of `grid_sample`, -1 to 1 from border to border.
        P = np.diag([2 / width, 2 / height, 1.0]) @ neighbour.projection
        P[:2] -= P[2]
        P = torch.as_tensor(P, dtype=torch.float32, device=reference.points.device)
        self._ends = (reference.points @ P[:, :3].T).movedim(-1, 0).contiguous()  # (3, H, W)
        self._start = P[:, 3].tolist()
        self._grey = ((neighbour.grey - 128) / _GREY_SCALE)[None, None]
        self._nearest = _NEAREST * float(reference.points[..., 2].median())

    def __call__(self, inverse: Tensor, least: float) -> tuple[Tensor, Tensor]:
        """Pictures (P, H, W) at P factors, and (P, n, n) 1 for the pixels that they hold, else 0.

        Args:
            inverse: (P,) factors.
            least: of them.
        """
        moves = inverse[:, None, None]
        x, y, z = (end + start * moves for end, start in zip(self._ends, self._start, strict=True))
        # What is behind the neighbour lands far outside its picture, unless it is on its axis.
        nearest = self._nearest * least
        per_depth = torch.threshold_(z, nearest, _BEHIND * nearest).reciprocal_()
        x, y = x.mul_(per_depth), y.mul_(per_depth)
        # As complex numbers: x and y side by side, eight times as fast as `stack`.
        places = torch.view_as_real(torch.complex(x, y)).flatten(0, 1)[None]
        picture = F.grid_sample(self._grey, places, padding_mode="border", align_corners=False)
        inner = slice(BORDER, -BORDER)
        # In place: a comparison that makes bools takes eight times as long.
        held = torch.maximum(x.abs_(), y.abs_())[:, inner, inner].le_(1)
        return picture.view_as(z), held


@dataclass(frozen=True, eq=False)
class _Windows:
    """A picture with mean and inverse deviation of the windows around each inner pixel."""

    picture: Tensor  # (P, H, W)
    means: tuple[Tensor, ...]  # (P, n, n) for each of WINDOWS
    per_deviation: tuple[Tensor, ...]

    @classmethod
    def of(cls, picture: Tensor) -> _Windows:
        means, squares = window_means(picture), window_means(picture.square())
        return cls(picture, means, tuple(map(_per_deviation, means, squares)))

    def cost(self, other_picture: Tensor, held: Tensor) -> Tensor:
        """(P, n, n) of (1 - correlation) / 2 with P pictures, of pixels with `held` 1.

        Of a pixel with `held` 0, which a neighbour's picture does not show, `UNSEEN_COST`.
        """
        moments = other_picture.new_empty(3, *other_picture.shape)
        moments[0] = other_picture
        torch.square(other_picture, out=moments[1])
        torch.mul(self.picture, other_picture, out=moments[2])
        total = torch.zeros_like(held)
        for k, (mean, square, product) in enumerate(window_means(moments)):
            covariance = product.addcmul_(self.means[k], mean, value=-1)
            total += covariance.mul_(self.per_deviation[k]).mul_(_per_deviation(mean, square))
        return total.mul_(held).mul_(-0.5 / len(WINDOWS)).add_(UNSEEN_COST)


def _per_deviation(mean: Tensor, square: Tensor) -> Tensor:
    """One over the standard deviation of windows of these means of values and of their squares."""
    return torch.rsqrt(torch.addcmul(square, mean, mean, value=-1).clamp_min_(0).add_(_NOISE**2))


def window_means(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """(..., n, n) means over the small and the large of WINDOWS around each inner pixel.

    The large window is nine small ones, three pixels apart and overlapping, so that it costs four
    additions more; its pixels count once to four times.
    """
    narrow = _row_sums(_row_sums(pictures, -1), -2)
    wide = _thirds(_thirds(narrow, -1), -2)
    trim = SHIFT
    narrow = narrow[..., trim:-trim, trim:-trim] * (1 / WINDOWS[0] ** 2)
    return narrow, wide.mul_(1 / (9 * WINDOWS[0] ** 2))


def _row_sums(values: Tensor, axis: int) -> Tensor:
    """Sums of five neighbours along an axis, as far as they are there."""
    length = values.shape[axis]
    two = values.narrow(axis, 0, length - 1) + values.narrow(axis, 1, length - 1)
    four = two.narrow(axis, 0, length - 4) + two.narrow(axis, 2, length - 4)
    return four.add_(values.narrow(axis, 4, length - 4))


def _thirds(values: Tensor, axis: int) -> Tensor:
    """Sums of three values that are SHIFT apart along an axis."""
    length = values.shape[axis] - 2 * SHIFT
    first = values.narrow(axis, 0, length) + values.narrow(axis, SHIFT, length)
    return first.add_(values.narrow(axis, 2 * SHIFT, length))

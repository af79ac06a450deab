"""From matching costs to depth: semi-global aggregation (Hirschmüller 2008) in four directions.

Along each row and column, from both ends, a path of least cost may change its plane by one for a
small penalty and by any number for a large one, which is smaller where the picture has an edge. The
sum of the four path costs has its minimum where pixel and surroundings agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

SMALL_STEP = 0.06
LARGE_STEP = 0.7
_LEAST_LARGE_STEP = 1.5 * SMALL_STEP
_EDGE_GREY = 8.0  # grey levels of contrast that halve the large penalty
_OWN_WEIGHT = 4.0  # of the matching cost over the aggregated one, between two planes
_ROWS_PER_TICK = 8


@dataclass(frozen=True, eq=False)
class Winners:
    """The best plane of each pixel."""

    plane: Tensor  # (n, n) float32, with the parabola's fraction
    cost: Tensor  # (n, n) float32 matching cost before aggregation, in [0, 1]
    margin: Tensor  # (n, n) float32 by how much the aggregated cost beats planes farther than one
    at_end: Tensor  # (n, n) bool: the first or last plane, so that the true one may lie beyond


def aggregate(costs: Tensor, grey: Tensor, tick: Callable[[], object]) -> Tensor:
    """Mean of the path costs of four directions.

    Args:
        costs: (n, n, D) matching costs.
        grey: (n, n) the photo, grey levels.
        tick: called between groups of rows; what it raises ends the work.

    Returns:
        (n, n, D).
    """
    n, _, D = costs.shape
    total = torch.zeros_like(costs)
    large = [_large_steps(grey, axis) for axis in (0, 1)]  # (n - 1, n) each
    paths = costs.new_empty(4, n, D)  # down, up, right, left
    paths[:] = torch.stack(_lines(costs, 0))
    for path, out in zip(paths, _lines(total, 0), strict=True):
        out.add_(path, alpha=0.25)
    best, step = torch.empty_like(paths), torch.empty_like(paths)
    for k in range(1, n):
        if k % _ROWS_PER_TICK == 1:
            tick()
        lowest = paths.amin(-1, keepdim=True)
        penalty = torch.stack([large[0][k - 1], large[0][-k], large[1][k - 1], large[1][-k]])
        torch.minimum(paths, lowest + penalty[..., None], out=best)
        torch.add(paths, SMALL_STEP, out=step)
        torch.minimum(best[..., 1:], step[..., :-1], out=best[..., 1:])
        torch.minimum(best[..., :-1], step[..., 1:], out=best[..., :-1])
        torch.sub(best, lowest, out=paths)
        for path, cost, out in zip(paths, _lines(costs, k), _lines(total, k), strict=True):
            path += cost
            out.add_(path, alpha=0.25)
    return total


def winners(aggregated: Tensor, costs: Tensor, tick: Callable[[], object]) -> Winners:
    """The plane of least cost, refined by a parabola through it and its two neighbours.

    The plane is that of the aggregated cost. Its penalties draw the parabola to the plane, so that
    walls would ripple: the matching cost counts `_OWN_WEIGHT` times as much there.

    Args:
        aggregated: (n, m, D), D at least 3; changed.
        costs: (n, m, D) before aggregation.
        tick: called between groups of rows; what it raises ends the work.
    """
    parts = []
    for rows in zip(aggregated.split(_ROWS_PER_TICK), costs.split(_ROWS_PER_TICK), strict=True):
        tick()
        parts.append(_winning_rows(*rows))
    return Winners(*(torch.cat(values) for values in zip(*parts, strict=True)))


def _winning_rows(aggregated: Tensor, costs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The fields of `Winners` for some rows."""
    D = aggregated.shape[-1]
    least, index = aggregated.min(-1)
    at_end = (index == 0) | (index == D - 1)
    inner = index.clamp(1, D - 2)[..., None]
    before, here, after = (
        aggregated.gather(-1, inner + k)[..., 0] + _OWN_WEIGHT * costs.gather(-1, inner + k)[..., 0]
        for k in (-1, 0, 1)
    )
    bend = (before - 2 * here + after).clamp_min(1e-6)
    fraction = (0.5 * (before - after) / bend).clamp(-0.5, 0.5).masked_fill(at_end, 0)
    cost = costs.gather(-1, index[..., None])[..., 0].clamp(0, 1)
    for k in (-1, 0, 1):
        aggregated.scatter_(-1, (index[..., None] + k).clamp(0, D - 1), torch.inf)
    return index + fraction, cost, aggregated.amin(-1) - least, at_end


def _lines(volume: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Line k of the ways down, up, right and left."""
    return volume[k], volume[-1 - k], volume[:, k], volume[:, -1 - k]


def _large_steps(grey: Tensor, axis: int) -> Tensor:
    """(n - 1, n) penalties between a line and the next one, lines first."""
    lines = grey if axis == 0 else grey.T
    contrast = lines.diff(dim=0).abs()
    return (LARGE_STEP / (1 + contrast / _EDGE_GREY)).clamp_min(_LEAST_LARGE_STEP)

"""Few numbers, and few sets of numbers, that stand for many."""

from __future__ import annotations

import numpy as np
import torch

SIZE = 256
_BINS = 2**10
_FIRST = 2**11  # numbers that show whether few different ones are likely
_ROUNDS = 3  # of moving sets to the middle of what they stand for; twice as many gain 2 %
_SAMPLED = 2**15  # rows that the coarse groups are found by
_CHUNK = 2**15


def codebook(values: np.ndarray) -> np.ndarray:
    """(256,) ascending numbers that stand for any many, close where these are dense.

    Half of the steps follow the cube root of the density of the values, which makes the mean square
    of the differences least (Panter and Dite 1951); half are even, so that no value is far off.
    Up to 256 different values are kept as they are.
    """
    flat = values.reshape(-1)
    if not flat.size:
        return np.zeros(SIZE, np.float32)
    exact = np.unique(flat[:_FIRST])
    if len(exact) <= SIZE and flat.size > _FIRST:  # few there: there may be few in all
        exact = np.unique(flat)
    if len(exact) <= SIZE:
        return np.concatenate([exact, np.full(SIZE - len(exact), exact[-1])]).astype(np.float32)
    # float64: bins of a narrow range would have no width in float32.
    counts, edges = np.histogram(flat.astype(np.float64), _BINS)
    dense = np.cbrt(counts)
    weight = np.concatenate([[0], np.cumsum(dense / dense.sum() + 1 / _BINS)])
    wanted = (np.arange(SIZE) + 0.5) / SIZE * weight[-1]
    return np.interp(wanted, weight, edges).astype(np.float32)


def places(values: np.ndarray, book: np.ndarray) -> np.ndarray:
    """Which number of an ascending codebook is nearest, as bytes."""
    return np.searchsorted((book[1:] + book[:-1]) / 2, values).astype(np.uint8)


def palette(sets: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Sets of numbers that stand for many: (P, D) with P up to `most`, and (N,) which for which.

    Up to `most` sets are kept as they are. More are put into groups of similar ones, each of which
    gets sets of its own, by Lloyd's method.
    """
    count = len(sets)
    if count <= most:
        return sets, np.arange(count)
    rows = torch.from_numpy(np.ascontiguousarray(sets, np.float32))
    generator = torch.Generator().manual_seed(0)
    coarse = int(most**0.5)
    sample = rows[torch.randperm(count, generator=generator)[:_SAMPLED]]
    groups = _nearest(rows, _centres(sample, coarse, generator))
    order = torch.argsort(groups, stable=True)
    sizes = torch.bincount(groups, minlength=coarse)
    # As many sets as a group has rows of all, rounded down, and at least one.
    shares = (sizes.double() / count * (most - coarse)).floor().long() + (sizes > 0)
    found, labels, first = [], torch.empty(count, dtype=torch.long), 0
    for index, share in zip(order.split(sizes.tolist()), shares.tolist(), strict=True):
        if not len(index):
            continue
        centres = _centres(rows[index], share, generator)
        labels[index] = first + _nearest(rows[index], centres)
        found.append(centres)
        first += len(centres)
    return torch.cat(found).numpy(), labels.numpy()


def _centres(rows: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    centres = rows[torch.randperm(len(rows), generator=generator)[:count]].clone()
    for _ in range(_ROUNDS if len(centres) < len(rows) else 0):
        nearest = _nearest(rows, centres)
        sums = torch.zeros_like(centres).index_add_(0, nearest, rows)
        sizes = torch.bincount(nearest, minlength=len(centres))[:, None]
        centres = torch.where(sizes > 0, sums / sizes.clamp(min=1), centres)
    return centres


def _nearest(rows: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """(N,) index of the nearest of (P, D) centres."""
    squares = (centres**2).sum(1)
    parts = [(squares - 2 * part @ centres.T).argmin(1) for part in rows.split(_CHUNK)]
    return torch.cat(parts)

"""Pairs whose rotations contradict those of other pairs: around three photos they must cancel."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from splat_widgets.refinement.graph import components
from splat_widgets.refinement.records import PairGeometry

Edge = tuple[int, int]

MAX_LOOP_DEG = 6.0
"""Rotation that may remain around three photos."""
_SURE_DEG = 1.0
"""Standard deviation of a pair's rotation below which a smaller one does not count."""


def trusted_pairs(
    pairs: Mapping[Edge, PairGeometry], sigmas_deg: Mapping[Edge, float], count: int
) -> list[Edge]:
    """The pairs that no loop speaks against, as far as it can be told which pair is wrong.

    A broken loop speaks against each of its pairs as loudly as the less sure of the other two. The
    pair against which most speaks, beyond how sure it is itself, goes first, until no loop is
    broken. A pair that alone connects a photo stays.

    Args:
        pairs: i < j, all that are solved.
        sigmas_deg: standard deviation of each pair's rotation.
        count: number of photos.
    """
    left = set(pairs)
    sure = {edge: 1 / (sigmas_deg[edge] ** 2 + _SURE_DEG**2) for edge in pairs}
    broken = [loop for loop in _loops(left) if _remaining_deg(pairs, loop) > MAX_LOOP_DEG]
    while broken:
        against = {edge: -sure[edge] for edge in left}
        for loop in broken:
            for edge in loop:
                against[edge] += min(sure[other] for other in loop if other != edge)
        suspected = {edge for loop in broken for edge in loop}
        ordered = sorted(suspected, key=lambda e: (-against[e], len(pairs[e].matches), e))
        removed = next((edge for edge in ordered if not _bridge(left, edge, count)), None)
        if removed is None:
            break
        left.remove(removed)
        broken = [loop for loop in broken if removed not in loop]
    return sorted(left)


def _loops(edges: set[Edge]) -> list[tuple[Edge, Edge, Edge]]:
    """Around three photos i < j < k: (i, j), (j, k), (i, k)."""
    photos = sorted({photo for edge in edges for photo in edge})
    triples = (((i, j), (j, k), (i, k)) for i, j, k in combinations(photos, 3))
    return [loop for loop in triples if edges.issuperset(loop)]


def _remaining_deg(pairs: Mapping[Edge, PairGeometry], loop: tuple[Edge, Edge, Edge]) -> float:
    first, second, whole = (pairs[edge].pose.R for edge in loop)
    turn = whole.T @ second @ first
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))


def _bridge(edges: set[Edge], edge: Edge, count: int) -> bool:
    return len(components(edges - {edge}, count)) > len(components(edges, count))

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


def trusted_pairs(pairs: Mapping[Edge, PairGeometry], count: int) -> list[Edge]:
    """The pairs that no loop speaks against, as far as it can be told which pair is wrong.

    The pair that takes part in most broken loops, and of those the one with fewest inliers, goes
    first, until no loop is broken. A pair that alone connects a photo stays.

    Args:
        pairs: i < j, all that are solved.
        count: number of photos.
    """
    left = set(pairs)
    broken = [loop for loop in _loops(left) if _remaining_deg(pairs, loop) > MAX_LOOP_DEG]
    while broken:
        counts = {edge: sum(edge in loop for loop in broken) for edge in left}
        suspects = sorted(left, key=lambda e: (-counts[e], len(pairs[e].matches), e))
        removed = next(
            (edge for edge in suspects if counts[edge] and not _bridge(left, edge, count)), None
        )
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

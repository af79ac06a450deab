"""Tracks: matches of several pairs that show one point, joined over the photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from splat_widgets.refinement.records import Matches


@dataclass(frozen=True, eq=False)
class Tracks:
    """O observations of N points; sorted by point, a photo sees a point at most once."""

    photo: np.ndarray  # (O,) int64
    point: np.ndarray  # (O,) int64, every number below N occurs
    sides: np.ndarray  # (O, 2) image coordinates
    feature: np.ndarray  # (O,) int64 row of the photo's features

    def __len__(self) -> int:
        return 0 if not len(self.point) else int(self.point[-1]) + 1

    @property
    def starts(self) -> np.ndarray:
        """(N,) first observation of each point."""
        return np.flatnonzero(np.diff(self.point, prepend=-1))

    @property
    def lengths(self) -> np.ndarray:
        """(N,) how many photos see each point."""
        return np.bincount(self.point, minlength=len(self))

    def keep(self, mask: np.ndarray, *, at_least: int = 2) -> tuple[Tracks, np.ndarray]:
        """The marked observations, of points that keep enough of them.

        Args:
            mask: (O,) bool.
            at_least: observations of a point.

        Returns:
            The tracks, whose points are numbered anew, and their old numbers.
        """
        left = np.bincount(self.point[mask], minlength=len(self))
        mask = mask & (left[self.point] >= at_least)
        numbers, point = np.unique(self.point[mask], return_inverse=True)
        kept = Tracks(self.photo[mask], point, self.sides[mask], self.feature[mask])
        return kept, numbers

    def longest(self, per_photo: int) -> Tracks:
        """The tracks that are among the longest of one of their photos, this many a photo."""
        if not len(self):
            return self
        lengths = self.lengths[self.point]
        order = np.lexsort([self.point, -lengths, self.photo])
        place = np.arange(len(order)) - np.searchsorted(self.photo[order], self.photo[order])
        chosen = np.zeros(len(self), bool)
        chosen[self.point[order[place < per_photo]]] = True
        return self.keep(chosen[self.point])[0]

    def total(self, values: np.ndarray) -> np.ndarray:
        """(N, ...) sums over each point's observations of (O, ...) values."""
        if not len(self):
            return np.zeros((0, *values.shape[1:]))
        return np.add.reduceat(values, self.starts, axis=0)


def join(matches: Mapping[tuple[int, int], Matches]) -> Tracks:
    """Tracks of the matches of several pairs.

    Matches join in the order of the mapping and in their own. One that would give a photo a second
    place in a track is left out: so put the pairs and matches that deserve trust first.

    Args:
        matches: of pairs of photos, with the rows of their features.
    """
    keys, places, edges = [], [], []
    offset = 0
    for (first, second), found in matches.items():
        for photo, rows, sides in (
            (first, found.first_index, found.first),
            (second, found.second_index, found.second),
        ):
            keys.append(np.stack([np.full(len(rows), photo), rows], 1))
            places.append(sides)
        edges.append(np.arange(len(found))[:, None] + offset + np.array([0, len(found)]))
        offset += 2 * len(found)
    if not offset:
        nothing = np.zeros(0, np.int64)
        return Tracks(nothing, nothing, np.zeros((0, 2)), nothing)
    nodes, where, node = np.unique(
        np.concatenate(keys), axis=0, return_index=True, return_inverse=True
    )
    roots = _joined(node.ravel()[np.concatenate(edges)], nodes[:, 0])
    order = np.lexsort([nodes[:, 0], roots])
    _, point = np.unique(roots[order], return_inverse=True)
    sides = np.concatenate(places)[where[order]]
    whole = Tracks(nodes[order, 0], point, sides, nodes[order, 1])
    return whole.keep(np.ones(len(point), bool))[0]


def _joined(edges: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """(nodes,) root of each node after joining (E, 2) edges, at most one node of a photo a tree."""
    parent = list(range(len(photo)))
    seen_by = [1 << int(number) for number in photo]

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for first, second in edges.tolist():
        one, other = root(first), root(second)
        if one != other and not seen_by[one] & seen_by[other]:
            parent[other] = one
            seen_by[one] |= seen_by[other]
    return np.array([root(node) for node in range(len(photo))])

"""Which photos of a set have something in common: a graph whose edges carry counts of matches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from splat_widgets.refinement.records import Shot

Edge = tuple[int, int]

MIN_MATCHES = 20
"""Photos with fewer matches count as unconnected."""
MAX_PAIRS_PER_PHOTO = 2
"""The network's decoder runs once a chosen pair: this bounds its cost."""


def candidate_pairs(num_matches: Mapping[Edge, int], count: int) -> tuple[Edge, ...]:
    """The pairs that are worth decoding: a maximum spanning tree and the strongest further edges.

    Args:
        num_matches: of pairs (i, j); pairs that are absent have none.
        count: number of photos.

    Returns:
        Sorted pairs i < j, at most twice as many as photos. They connect what pairs of at least
        `MIN_MATCHES` connect; photos beyond that are in none.
    """
    weights = {(min(edge), max(edge)): n for edge, n in num_matches.items() if n >= MIN_MATCHES}
    strongest = sorted(weights, key=lambda edge: (-weights[edge], edge))
    tree = spanning_tree(strongest, count)
    further = [edge for edge in strongest if edge not in set(tree)]
    return tuple(sorted([*tree, *further[: MAX_PAIRS_PER_PHOTO * count - len(tree)]]))


def lonely_pairs(
    num_matches: Mapping[Edge, int], chosen: Iterable[Edge], count: int
) -> tuple[Edge, ...]:
    """Pairs for photos that no chosen pair holds: each with those it shares most matches with.

    Worth decoding for a network whose descriptors match what corners and blobs do not.
    """
    held = {photo for edge in chosen for photo in edge}
    found: set[Edge] = set()
    for photo in set(range(count)) - held:
        edges = [(min(photo, k), max(photo, k)) for k in range(count) if k != photo]
        edges.sort(key=lambda edge: (-num_matches.get(edge, 0), edge))
        found.update(edges[:MAX_PAIRS_PER_PHOTO])
    return tuple(sorted(found))


def spanning_tree(edges: Iterable[Edge], count: int) -> list[Edge]:
    """Those edges, taken in order, that connect what was not connected (Kruskal)."""
    home = list(range(count))
    tree = []
    for first, second in edges:
        one, other = home[first], home[second]
        if one != other:
            tree.append((first, second))
            home = [one if place == other else place for place in home]
    return tree


def components(edges: Iterable[Edge], count: int) -> tuple[tuple[int, ...], ...]:
    """Groups of photos that edges connect, the largest first; lone photos are groups of one.

    Args:
        edges: pairs of photos that have something in common.
        count: number of photos.
    """
    home = list(range(count))
    for first, second in edges:
        one, other = home[first], home[second]
        home = [one if place == other else place for place in home]
    groups: dict[int, list[int]] = {}
    for photo, place in enumerate(home):
        groups.setdefault(place, []).append(photo)
    return tuple(tuple(group) for group in sorted(groups.values(), key=lambda g: (-len(g), g)))


def canonical_order(shots: Sequence[Shot]) -> tuple[int, ...]:
    """Indices of the photos in an order that only their pictures decide.

    Steps that go through the photos in this order give the same result however a user sorts them.
    """
    digests = [hashlib.sha256(shot.picture.tobytes()).hexdigest() for shot in shots]
    return tuple(sorted(range(len(shots)), key=lambda index: (digests[index], index)))

"""The pairs that are decoded, and the photos that connect."""

from itertools import combinations

import numpy as np

from splat_widgets.refinement.graph import (
    MIN_MATCHES,
    candidate_pairs,
    canonical_order,
    components,
    lonely_pairs,
    spanning_tree,
)
from splat_widgets.refinement.records import Shot, Window


def random_counts(count, seed=0):
    numbers = np.random.default_rng(seed).permutation(count * count) + MIN_MATCHES
    return {e: int(n) for e, n in zip(combinations(range(count), 2), numbers, strict=False)}


def test_chosen_pairs_connect_all_photos_and_are_few():
    for count in (2, 3, 5, 10):
        chosen = candidate_pairs(random_counts(count), count)
        assert len(components(chosen, count)) == 1
        assert len(chosen) <= 2 * count and len(set(chosen)) == len(chosen)
        assert all(i < j for i, j in chosen)


def test_the_tree_has_the_most_matches_of_all_trees():
    counts = random_counts(5, seed=3)

    def total(tree):
        return sum(counts[edge] for edge in tree)

    strongest = sorted(counts, key=lambda edge: -counts[edge])
    best = max(
        (tree for tree in combinations(counts, 4) if len(components(tree, 5)) == 1), key=total
    )
    assert set(spanning_tree(strongest, 5)) == set(best)


def test_the_order_of_photos_does_not_matter():
    counts = random_counts(8, seed=1)
    order = np.random.default_rng(0).permutation(8)
    turned = {(int(order[i]), int(order[j])): n for (i, j), n in counts.items()}
    chosen = {tuple(sorted((int(order[i]), int(order[j])))) for i, j in candidate_pairs(counts, 8)}
    assert chosen == set(candidate_pairs(turned, 8))


def test_photos_that_do_not_connect_are_groups_of_their_own():
    few = MIN_MATCHES - 1
    counts = {(0, 1): few, (1, 2): 50, (3, 4): 60, (2, 4): 70, (0, 5): few}
    chosen = candidate_pairs(counts, 6)
    assert chosen == ((1, 2), (2, 4), (3, 4))
    assert components(chosen, 6) == ((1, 2, 3, 4), (0,), (5,))
    assert components([], 0) == ()


def test_the_order_of_pictures_is_their_own():
    rng = np.random.default_rng(0)
    shots = [
        Shot(rng.integers(0, 255, (4, 4, 3), np.uint8), Window(0, 0, 1), (2.0, 2.0))
        for _ in range(5)
    ]
    first = [id(shots[k]) for k in canonical_order(shots)]
    assert [id(shots[::-1][k]) for k in canonical_order(shots[::-1])] == first


def test_lonely_photos_are_paired_with_those_most_like_them():
    numbers = {(0, 1): 200, (0, 2): 3, (1, 2): 9, (2, 3): 5, (0, 3): 0, (1, 3): 0}
    chosen = candidate_pairs(numbers, 4)
    assert chosen == ((0, 1),)
    assert lonely_pairs(numbers, chosen, 4) == ((0, 3), (1, 2), (2, 3))
    assert lonely_pairs({}, [(0, 1)], 2) == ()

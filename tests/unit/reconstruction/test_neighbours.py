"""Which photos a photo is compared with."""

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np

from splat_widgets.reconstruction.refined import Placed, _neighbours
from splat_widgets.refinement.records import Matches, Pose, SparseDepths

PLACES = {"a": 0.0, "b": 1.0, "c": 2.1, "d": 3.3, "e": 4.6}


def _chosen(
    order: tuple[str, ...], places: dict[str, float] = PLACES, shared: int = 20
) -> dict[str, str]:
    """Of cameras in a line of which every two share the same number of matches."""
    photos = tuple(range(len(order)))
    poses = tuple(Pose(np.eye(3), np.array([-places[name], 0.0, 0.0])) for name in order)
    every = ((),) * len(order)
    known = Placed(photos, every, poses, (1.0,) * len(order), every, every)  # type: ignore[arg-type]
    solution: Any = SimpleNamespace(
        sparse=[SparseDepths(np.zeros((1, 2)), np.ones(1))] * len(order),
        offsets=[(0.0, 0.0)] * len(order),
    )
    along = np.linspace(-0.4, 0.4, shared)
    points = np.stack([along, 0 * along], 1)  # on every epipolar line of cameras in a row
    ids = np.arange(shared)
    found = {(i, j): Matches(points, points, ids, ids) for i in photos for j in photos if i < j}
    chosen = _neighbours(known, solution, found)
    return {name: "".join(order[j] for j in row) for name, row in zip(order, chosen, strict=True)}


def test_of_photos_that_share_as_many_matches_the_nearer_ones_are_chosen_in_any_order():
    expected = {"a": "bcd", "b": "acd", "c": "bda", "d": "ceb", "e": "dcb"}
    for order in list(permutations(PLACES))[::7]:
        assert _chosen(order) == expected


def test_without_matches_a_photo_from_the_same_place_is_the_last_choice():
    places = {"a": 0.0, "b": 1.0, "c": 1.0, "d": 3.0}
    assert _chosen(tuple(places), places, shared=0) == {"a": "b", "b": "a", "c": "a", "d": "b"}
    assert _chosen(("b", "c"), places, shared=0) == {"b": "c", "c": "b"}

"""Growing a set from a pair."""

from dataclasses import replace

import numpy as np
import pytest

from splat_widgets.refinement.growth import grow, start_order
from splat_widgets.refinement.lenses import lenses_of
from splat_widgets.refinement.records import Pose
from splat_widgets.refinement.tracks import join
from tests.photo_sets import make_set, turn_deg
from tests.unit.refinement.test_lenses import pairs_of


def test_all_photos_are_placed_from_any_pair():
    photos = make_set(4, seed=2)
    pairs = pairs_of(photos)
    tracks = join({edge: pair.matches for edge, pair in pairs.items()})
    lenses, lens = lenses_of(photos.shots, pairs)
    for start in ((0, 1), (2, 3)):
        grown = grow(tracks, start, pairs[start].pose, lenses, lens)
        assert sorted(grown.registered) == [0, 1, 2, 3] and grown.registered[:2] == start
        origin = photos.poses[start[0]]
        for photo in range(4):
            true = photos.poses[photo].after(origin.inverse)
            assert turn_deg(grown.cameras.R[photo], true.R) < 1.5
        assert np.exp(grown.cameras.lenses.log_focal) == pytest.approx([1.2], rel=0.05)


def test_a_photo_of_chance_matches_is_not_placed():
    photos = make_set(4, seed=2)
    rng = np.random.default_rng(0)
    pairs = pairs_of(photos)
    matches = {}
    for edge, pair in pairs.items():
        found = pair.matches
        if 3 in edge:
            found = replace(found, second=rng.uniform(-0.5, 0.5, found.second.shape))
            found = replace(found, second_index=rng.permutation(len(found)) + 1000)
        matches[edge] = found
    lenses, lens = lenses_of(photos.shots, pairs)
    grown = grow(join(matches), (0, 1), pairs[0, 1].pose, lenses, lens)
    assert sorted(grown.registered) == [0, 1, 2]


def test_a_pair_without_points_stays_alone():
    photos = make_set(3)
    lenses, lens = lenses_of(photos.shots, {})
    nothing = join({(0, 1): photos.matches[0, 1].select(np.arange(5))})
    grown = grow(nothing, (0, 1), Pose(np.eye(3), np.ones(3)), lenses, lens)
    assert grown.registered == (0, 1)


def test_many_inliers_under_a_clear_parallax_come_first():
    pairs = pairs_of(make_set(3))
    few = replace(pairs[0, 1], matches=pairs[0, 1].matches.select(np.arange(20)))
    flat = replace(pairs[0, 2], parallax_deg=0.5)
    assert start_order({(0, 1): few, (0, 2): flat, (1, 2): pairs[1, 2]})[0] == (1, 2)

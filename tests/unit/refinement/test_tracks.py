"""Matches of pairs joined to tracks."""

import numpy as np

from splat_widgets.refinement.records import Matches
from splat_widgets.refinement.tracks import join


def matches(*rows):
    """Feature r of any photo lies at (r, -r)."""
    first, second = np.array(rows, np.int64).reshape(-1, 2).T
    return Matches(
        np.stack([first, -first], 1) * 1.0, np.stack([second, -second], 1) * 1.0, first, second
    )


def sets_of(tracks):
    """Tracks as sets of (photo, feature)."""
    found = [set() for _ in range(len(tracks))]
    for photo, point, feature in zip(tracks.photo, tracks.point, tracks.feature, strict=True):
        found[point].add((int(photo), int(feature)))
    return found


def test_matches_join_over_photos():
    tracks = join(
        {(0, 1): matches((1, 5), (2, 6)), (1, 2): matches((5, 8)), (0, 3): matches((9, 9))}
    )
    found = sets_of(tracks)
    assert {(0, 1), (1, 5), (2, 8)} in found
    assert {(0, 2), (1, 6)} in found and {(0, 9), (3, 9)} in found
    assert len(found) == 3 and tracks.lengths.tolist() == [len(one) for one in found]
    np.testing.assert_array_equal(tracks.sides, np.stack([tracks.feature, -tracks.feature], 1))
    assert (np.diff(tracks.point) >= 0).all()


def test_a_photo_has_one_place_in_a_track_and_earlier_matches_count_first():
    # Feature 1 of photo 0 would be both 5 and 7 of photo 1, by way of photo 2.
    right = {(0, 1): matches((1, 5)), (0, 2): matches((1, 3))}
    found = sets_of(join({**right, (1, 2): matches((7, 3))}))
    assert found == [{(0, 1), (1, 5), (2, 3)}]
    found = sets_of(join({(1, 2): matches((7, 3)), **right}))
    assert sorted(map(sorted, found)) == [[(0, 1), (1, 5)], [(1, 7), (2, 3)]]


def test_tracks_that_lose_observations():
    tracks = join({(0, 1): matches((1, 1), (2, 2)), (1, 2): matches((2, 2))})
    kept, numbers = tracks.keep(tracks.photo != 0)
    assert sets_of(kept) == [{(1, 2), (2, 2)}]
    assert sets_of(tracks)[numbers[0]] == {(0, 2), (1, 2), (2, 2)}
    nothing, numbers = tracks.keep(np.zeros(len(tracks.photo), bool))
    assert len(nothing) == 0 and len(numbers) == 0


def test_the_longest_tracks_of_each_photo():
    long = {(0, 1): matches((1, 1)), (1, 2): matches((1, 1))}
    tracks = join({**long, (0, 3): matches((2, 2), (3, 3)), (1, 4): matches((5, 5))})
    assert sets_of(tracks.longest(1)) == [
        {(0, 1), (1, 1), (2, 1)},
        {(0, 2), (3, 2)},  # the best of photo 3
        {(1, 5), (4, 5)},
    ]
    assert len(tracks.longest(2)) == len(tracks) and len(join({}).longest(3)) == 0


def test_sums_over_tracks():
    rng = np.random.default_rng(0)
    tracks = join({(0, 1): matches((1, 1), (2, 2), (3, 3)), (1, 2): matches((2, 2))})
    values = rng.normal(size=(len(tracks.photo), 2, 2))
    expected = np.zeros((len(tracks), 2, 2))
    np.add.at(expected, tracks.point, values)
    np.testing.assert_allclose(tracks.total(values), expected)


def test_no_matches():
    tracks = join({(0, 1): matches()})
    assert len(tracks) == 0 and len(tracks.lengths) == 0 and len(join({})) == 0
    assert tracks.total(np.zeros((0, 3))).shape == (0, 3)

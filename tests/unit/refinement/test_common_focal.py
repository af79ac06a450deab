"""One focal length for a set, and pairs solved anew with it."""

import numpy as np
import pytest

from splat_widgets.refinement import common_focal
from splat_widgets.refinement.common_focal import scanned_focal, solved_anew, solved_with
from splat_widgets.refinement.records import Matches
from tests.photo_sets import aside_deg, make_set, turn_deg


@pytest.mark.parametrize("start", [0.95, 1.2, 1.5])
def test_pairs_together_tell_their_focal_length(start):
    photos = make_set(4, focal=1.2, seed=1)
    found = scanned_focal(list(photos.matches.values()), start)
    assert found == pytest.approx(1.2, rel=0.06)  # half a step of the scan


def test_pairs_that_absurd_focal_lengths_explain_best_do_not_tell(monkeypatch):
    matches = list(make_set(4, focal=1.2, seed=1).matches.values())
    bent = {one.thinned(common_focal._SCANNED_MATCHES).first[0, 0] for one in matches[2:]}

    def score(one, focal):
        away = np.log(focal / 1.2)
        # As a rolling shutter bends pairs: they score more, the farther off the focal length is.
        return 50 + 90 * abs(away) if one.first[0, 0] in bent else 80 - 100 * away**2

    monkeypatch.setattr(common_focal, "_score", score)
    assert scanned_focal(matches, 1.2) == pytest.approx(1.2, rel=0.06)
    assert len(bent) > len(matches) / 2


def test_with_too_few_matches_the_start_stays():
    photos = make_set(3)
    few = [one.select(np.arange(20)) for one in photos.matches.values()]
    assert scanned_focal(few, 0.9) == 0.9 and scanned_focal([], 1.7) == 1.7


def test_a_pair_with_known_focal_lengths():
    photos = make_set(3, focal=[1.2, 1.4, 1.2], outliers=0.3)
    known = photos.answers[0, 1].geometry
    found = solved_with(photos.matches[0, 1], (1.2, 1.4), known)
    assert found is not None and known is not None
    true = photos.poses[1]
    assert turn_deg(found.pose.R, true.R) < 1 and aside_deg(found.pose.t, true.t) < 2
    right = photos.matches[0, 1].first_index == photos.matches[0, 1].second_index
    inliers = np.isin(photos.matches[0, 1].first_index[right], found.matches.first_index)
    assert inliers.mean() > 0.9
    assert (found.matches.first_index == found.matches.second_index).mean() > 0.95
    assert np.median(found.depths) == pytest.approx(np.median(known.depths))  # its unit stays


def test_chance_matches_are_no_pair():
    rng = np.random.default_rng(0)
    for count in (10, 40, 100):
        rows = np.arange(count)
        chance = Matches(
            rng.uniform(-0.5, 0.5, (count, 2)), rng.uniform(-0.5, 0.5, (count, 2)), rows, rows
        )
        assert solved_with(chance, (1.2, 1.2), None) is None


def test_what_is_not_found_stays_as_it_was():
    photos = make_set(3)
    matches = dict(photos.matches)
    matches[0, 1] = matches[0, 1].select(np.arange(5))
    matches[1, 2] = matches[1, 2].select(np.arange(5))
    before = photos.answers[0, 1].geometry
    assert before is not None
    found = solved_anew(matches, [1.2] * 3, {(0, 1): before})
    assert set(found) == {(0, 1), (0, 2)} and found[0, 1] is before


def test_a_camera_that_only_turned_is_no_pair():
    rng = np.random.default_rng(1)
    rays = np.concatenate([rng.uniform(-0.4, 0.4, (100, 2)), np.ones((100, 1))], 1)
    turn = np.array([[np.cos(0.1), 0, np.sin(0.1)], [0, 1, 0], [-np.sin(0.1), 0, np.cos(0.1)]])
    there = rays @ turn.T
    rows = np.arange(100)
    matches = Matches(1.2 * rays[:, :2], 1.2 * there[:, :2] / there[:, 2:], rows, rows)
    assert solved_with(matches, (1.2, 1.2), None) is None

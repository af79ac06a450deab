"""Matches of random points, most of them by chance: only the true pose is confirmed."""

from dataclasses import replace

import numpy as np
import pytest
from photo_sets import make_set

from splat_widgets.refinement.common_focal import solved_with
from splat_widgets.refinement.confirmed import is_confirmed
from splat_widgets.refinement.records import Matches, Pose
from splat_widgets.refinement.starts import relative_pose

FOCALS = (1.2, 1.2)


def weak(seed: int, true: int, looser: int) -> tuple[Matches, Pose]:
    """Matches of which `true` of 30 are right, and `looser` of 150 looser ones; the true pose."""
    photos = make_set(2, seed=seed, outliers=0.0, num_points=900)
    every = photos.matches[0, 1]
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(every))

    def some(rows: np.ndarray, right: int) -> Matches:
        columns = rows.copy()
        columns[right:] = rng.permutation(rows[right:])
        return Matches(every.first[rows], every.second[columns], rows, columns)

    more = some(rows[30:180], looser)
    return replace(some(rows[:30], true), looser=more), photos.poses[1]


@pytest.mark.parametrize("seed", range(4))
def test_a_true_pose_is_confirmed(seed):
    matches, pose = weak(seed, 10, 20)
    assert is_confirmed(matches, pose, FOCALS)
    assert is_confirmed(matches.swapped, pose.inverse, FOCALS)
    found = solved_with(matches, FOCALS, None)
    assert found is not None and 8 <= len(found.matches) < 15
    assert solved_with(replace(matches, looser=None), FOCALS, None) is None  # alone it is chance


def test_a_pose_that_chance_gives_is_not():
    said = []
    for seed in range(10):
        matches, _ = weak(seed, 0, 0)
        start = relative_pose(matches, FOCALS)
        said.append(start is not None and is_confirmed(matches, start.pose, FOCALS))
    assert not any(said)


def test_too_few_confirm_nothing():
    matches, pose = weak(0, 14, 20)
    assert matches.looser is not None
    few = replace(matches, looser=matches.looser.select(np.arange(4)))
    assert not is_confirmed(few, pose, FOCALS)
    assert not is_confirmed(replace(matches, looser=None), pose, FOCALS)

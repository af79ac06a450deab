"""Pairs that loops of rotations speak against."""

from dataclasses import replace

import numpy as np

from splat_widgets.refinement.joint_bundle import rotations
from splat_widgets.refinement.loops import trusted_pairs
from splat_widgets.refinement.records import Pose
from tests.photo_sets import make_set


def geometries(count, wrong=()):
    """Pairs of a set; those named are turned by 20 degrees."""
    found = {}
    for edge, answer in make_set(count, num_points=150).answers.items():
        assert answer.geometry is not None
        pair = answer.geometry
        if edge in wrong:
            pair = replace(
                pair, pose=Pose(rotations(np.array([0, 0.35, 0])) @ pair.pose.R, pair.pose.t)
            )
        found[edge] = pair
    return found


def alike(pairs, sigma_deg=0.5):
    """All pairs equally sure."""
    return dict.fromkeys(pairs, sigma_deg)


def test_right_pairs_are_trusted():
    pairs = geometries(5)
    assert trusted_pairs(pairs, alike(pairs), 5) == sorted(pairs)


def test_wrong_pairs_are_found():
    for wrong in ({(0, 1)}, {(1, 4)}, {(0, 2), (1, 3)}):
        pairs = geometries(5, wrong)
        assert set(pairs) - set(trusted_pairs(pairs, alike(pairs), 5)) == wrong


def test_of_three_pairs_the_one_with_fewest_inliers_goes():
    pairs = geometries(3, {(1, 2)})
    few = pairs[1, 2].matches.select(np.arange(10))
    pairs[1, 2] = replace(pairs[1, 2], matches=few)
    assert trusted_pairs(pairs, alike(pairs), 3) == [(0, 1), (0, 2)]


def test_unsure_pairs_do_not_vote_out_a_sure_one():
    pairs = geometries(4, {(0, 2), (1, 3)})
    del pairs[0, 3]  # both loops that are left are broken, and (1, 2) is in both
    sigmas = alike(pairs) | {(0, 2): 5.0, (1, 3): 5.0}
    assert (1, 2) in trusted_pairs(pairs, sigmas, 4)
    assert set(pairs) - set(trusted_pairs(pairs, sigmas, 4)) == {(0, 2), (1, 3)}
    assert (1, 2) not in trusted_pairs(pairs, alike(pairs), 4)


def test_without_loops_nothing_is_known():
    pairs = {e: p for e, p in geometries(4, {(1, 2)}).items() if e[1] - e[0] == 1}
    assert trusted_pairs(pairs, alike(pairs), 4) == [(0, 1), (1, 2), (2, 3)]
    assert trusted_pairs({}, {}, 3) == []

"""Solvers against a known pose, with PoseLib and with OpenCV in its place."""

import logging
import sys

import numpy as np
import pytest
from two_photos import FOCAL, POSE, angle_deg, depth_at, seen

from splat_widgets.refinement import starts
from splat_widgets.refinement.absolute_pose import pose_by_depth
from splat_widgets.refinement.verdict import MIN_INLIERS


@pytest.fixture(params=["PoseLib", "OpenCV"])
def library(request, monkeypatch):
    if request.param == "PoseLib":
        pytest.importorskip("poselib")
    else:
        monkeypatch.setitem(sys.modules, "poselib", None)  # importing it fails
    starts.poselib.cache_clear()
    yield request.param
    starts.poselib.cache_clear()


@pytest.mark.parametrize("focals", [(FOCAL, FOCAL), (0.7, 1.3)])
def test_the_pose_is_found_among_chance_matches(library, focals):
    found = seen(focals=focals, noise=0.3 / 512, wild=60)
    start = starts.relative_pose(found, focals)
    assert start is not None and start.inliers is not None
    assert angle_deg(start.pose.R, POSE.R) < 0.5
    assert angle_deg(start.pose.t, POSE.t) < 3
    assert start.inliers[:-60].mean() > 0.9 and start.inliers[-60:].mean() < 0.2


@pytest.mark.parametrize("wild", [8, 20, 40])
def test_of_few_matches_the_fewest_that_count_give_the_pose(wild):
    """Though few samples are drawn of them."""
    pytest.importorskip("poselib")
    every = seen(noise=0.3 / 512, wild=wild)
    true = len(every) - wild
    rows = np.r_[np.linspace(0, true - 1, MIN_INLIERS).round().astype(int), true : len(every)]
    start = starts.relative_pose(every.select(rows), (FOCAL, FOCAL))
    assert start is not None and start.inliers is not None
    assert start.inliers[:MIN_INLIERS].sum() >= 0.9 * MIN_INLIERS
    assert angle_deg(start.pose.R, POSE.R) < 1


def test_of_matches_that_hold_no_pose_few_samples_are_drawn():
    options = [starts._sampling(count, 5)["max_iterations"] for count in (5, 25, 40, 100, 1000)]
    assert options == sorted(options) and options[0] == 100 and options[-1] == 10000
    # All of a sample among the 14 of 25 that count, never in so many draws.
    missed = (1 - (14 / 25) ** 5) ** options[1]
    assert 1e-5 < missed <= 1e-4


def test_depth_gives_the_pose_in_its_unit(library):
    found = seen(noise=0.5 / 512, wild=50)
    start = pose_by_depth(found, depth_at(found.first), (FOCAL, FOCAL))
    assert start is not None
    assert angle_deg(start.pose.R, POSE.R) < 0.5
    np.testing.assert_allclose(start.pose.t, POSE.t, atol=0.03)


def test_the_focal_length_may_be_unknown():
    pytest.importorskip("poselib")
    start = starts.shared_focal_pose(seen(noise=0.1 / 512))
    assert start is not None
    assert start.focals_sides[0] == pytest.approx(FOCAL, rel=0.1)
    assert angle_deg(start.pose.R, POSE.R) < 2


def test_the_same_matches_give_the_same_pose(library):
    found = seen(noise=0.5 / 512, wild=80)
    one, other = (starts.relative_pose(found, (FOCAL, FOCAL)) for _ in range(2))
    assert one is not None and other is not None
    np.testing.assert_array_equal(one.pose.R, other.pose.R)
    np.testing.assert_array_equal(one.pose.t, other.pose.t)


def test_that_opencv_solves_is_said_once(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "poselib", None)
    starts.poselib.cache_clear()
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            starts.relative_pose(seen(count=40), (FOCAL, FOCAL))
    starts.poselib.cache_clear()
    assert [r.message for r in caplog.records] == [
        "PoseLib is not installed: OpenCV solves for the poses of pairs"
    ]

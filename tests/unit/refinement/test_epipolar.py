"""Triangulation, epipolar distance and parallax against points that are projected."""

import numpy as np
from two_photos import FOCAL, POSE, depth_at, seen

from splat_widgets.refinement.epipolar import (
    epipolar_distances,
    parallaxes_deg,
    rays,
    triangulate,
)
from splat_widgets.refinement.records import Pose


def test_depth_comes_back():
    found = seen()
    depth = triangulate(rays(found.first, FOCAL), rays(found.second, FOCAL), POSE)
    np.testing.assert_allclose(depth, depth_at(found.first), rtol=1e-9)


def test_depth_is_negative_behind():
    found = seen()
    back = Pose(POSE.R, -POSE.t)
    assert (triangulate(rays(found.first, FOCAL), rays(found.second, FOCAL), back) < 0).all()


def test_distance_is_the_shift_across_the_line_shared_by_both_photos():
    found, sideways = seen(Pose(np.eye(3), np.array([-0.5, 0, 0]))), Pose(np.eye(3), np.eye(3)[0])
    focals = (FOCAL, FOCAL)
    exact = epipolar_distances(found.first, found.second, sideways, focals)
    np.testing.assert_allclose(exact, 0, atol=1e-12)
    lower = found.second + np.array([0.03, 0.02])  # lines are horizontal: only the 0.02 counts
    apart = epipolar_distances(found.first, lower, sideways, focals)
    np.testing.assert_allclose(apart, 0.02 / np.sqrt(2), rtol=1e-9)


def test_distance_knows_two_focal_lengths():
    found = seen(focals=(0.8, 1.6))
    exact = epipolar_distances(found.first, found.second, POSE, (0.8, 1.6))
    np.testing.assert_allclose(exact, 0, atol=1e-12)
    assert np.median(epipolar_distances(found.first, found.second, POSE, (0.8, 0.8))) > 0.01


def test_parallax_of_a_point_straight_ahead():
    points = np.array([[0.0, 0, 2], [0, 0, 1e6]])
    aside = Pose(np.eye(3), np.array([-2.0, 0, 0]))
    np.testing.assert_allclose(parallaxes_deg(points, aside), [45, 0], atol=1e-3)

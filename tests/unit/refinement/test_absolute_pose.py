"""The pose of a photo from points that it shows."""

import numpy as np
import pytest

from splat_widgets.refinement import absolute_pose as module
from splat_widgets.refinement.absolute_pose import absolute_pose
from splat_widgets.refinement.joint_bundle import rotations
from splat_widgets.refinement.records import Pose
from tests.photo_sets import PX, turn_deg


def scene(outliers=30, count=100):
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (count, 3)) * [2, 2, 1] + [0, 0, 5]
    pose = Pose(rotations(np.array([0.1, -0.2, 0.3])), np.array([0.3, 0.1, -0.2]))
    there = pose.apply(points)
    sides = 1.3 * there[:, :2] / there[:, 2:] + rng.normal(size=(count, 2)) * 0.3 * PX
    sides[:outliers] += rng.uniform(0.1, 0.3, (outliers, 2))
    return points, sides, pose


@pytest.mark.parametrize("library", ["poselib", "opencv"])
def test_a_pose_among_outliers(monkeypatch, library):
    if library == "opencv":
        monkeypatch.setattr(module, "poselib", lambda: None)
    points, sides, true = scene()
    found = absolute_pose(sides, points, 1.3, 2 * PX)
    assert found is not None
    pose, inliers = found
    assert turn_deg(pose.R, true.R) < 0.2 and np.linalg.norm(pose.t - true.t) < 0.03
    assert not inliers[:30].any() and inliers[30:].mean() > 0.95


@pytest.mark.parametrize("library", ["poselib", "opencv"])
def test_too_few_points(monkeypatch, library):
    if library == "opencv":
        monkeypatch.setattr(module, "poselib", lambda: None)
    points, sides, _ = scene(0)
    assert absolute_pose(sides[:3], points[:3], 1.3, PX) is None
    assert absolute_pose(sides[:0], points[:0], 1.3, PX) is None

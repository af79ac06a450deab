"""Rotations are told from steps aside."""

import numpy as np
import pytest
from two_photos import POSE, seen

from splat_widgets.refinement.records import Pose
from splat_widgets.refinement.turn import best_turn

STILL = Pose(POSE.R, np.zeros(3))


@pytest.mark.parametrize("focal", [0.6, 0.9, 1.5, 2.0])
def test_a_rotation_explains_itself_at_any_focal_length(focal):
    found = seen(STILL, (focal, focal), noise=0.3 / 512)
    assert best_turn(found.first, found.second).share > 0.97


def test_a_rotation_with_a_zoom():
    found = seen(STILL, (0.7, 1.4), noise=0.3 / 512)
    assert best_turn(found.first, found.second, ratio=1.8).distance < 0.6 / 512
    assert best_turn(found.first, found.second).share < 0.7
    assert best_turn(found.first, found.second, ratio=2.0).share > 0.97


def test_a_step_aside_is_no_rotation():
    found = seen(noise=0.3 / 512)
    assert best_turn(found.first, found.second).share < 0.5
    nothing = np.zeros((0, 2))
    assert best_turn(nothing, nothing).share == 0


def test_a_strip_of_a_panorama_that_is_shifted():
    rng = np.random.default_rng(0)
    first = rng.uniform(-0.5, 0.5, (300, 2)) * [10, 1]
    second = first + np.array([0.05, 0]) + rng.normal(0, 0.2 / 512, (300, 2))
    assert best_turn(first, second).share < 0.9  # at the focal lengths of usual photos
    assert best_turn(first, second, aspect=10.0).share > 0.97

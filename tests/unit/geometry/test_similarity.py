import math

import cv2
import numpy as np
import pytest
import torch

from splat_widgets.geometry import similarity
from splat_widgets.geometry.gravity import up_direction


def turn(*rotation_vector: float) -> np.ndarray:
    """OpenCV's (3, 3) of an axis whose length is the angle in radians."""
    return cv2.Rodrigues(np.array(rotation_vector))[0]


R = turn(0.4, -1.1, 0.7)


def test_turning_is_what_opencv_makes_of_it():
    axis, about = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -2.0])
    T = similarity.turning(axis, 77.0, about).numpy()
    expected = turn(*np.radians(77) * axis / np.linalg.norm(axis))
    np.testing.assert_allclose(T[:3, :3], expected, atol=1e-12)
    np.testing.assert_allclose(T @ [*about, 1], [*about, 1], atol=1e-12)


@pytest.mark.parametrize("second", [(0, -1, 0), (0, 1, 0), (1, 0, 0), (0.2, 0.9, -0.3)])
def test_the_smallest_turn_takes_one_direction_to_the_other(second):
    T = similarity.turning_onto((0, 1, 0), second, (1, 2, 3)).numpy()
    unit = np.array(second) / np.linalg.norm(second)
    np.testing.assert_allclose(T[:3, :3] @ [0, 1, 0], unit, atol=1e-12)
    assert math.isclose((np.trace(T[:3, :3]) - 1) / 2, unit[1], abs_tol=1e-12)


@pytest.mark.parametrize("count", [3, 9])
def test_pairs_give_back_the_similarity_that_made_them(count):
    there = np.random.default_rng(count).normal(size=(count, 3))
    here = 2.5 * there @ R.T + [4.0, -1.0, 0.2]
    T = similarity.from_pairs(here, torch.from_numpy(there)).numpy()
    np.testing.assert_allclose(T[:3, :3], 2.5 * R, atol=1e-9)
    np.testing.assert_allclose(T[:3, 3], [4.0, -1.0, 0.2], atol=1e-9)


TRIANGLE = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        (TRIANGLE[:2], TRIANGLE[:2], "at least three points here"),
        (TRIANGLE, [[0, 0, 0], [1, 1, 1], [2, 2, 2]], r"\(there\), got points on one line"),
        (TRIANGLE, [[0, 0, 0]] * 3, "one line"),
        (TRIANGLE, [[0, 0, 0], [1, 0, math.nan], [0, 1, 0]], "finite numbers as there"),
        (TRIANGLE, [*TRIANGLE, [1, 1, 1]], "as many points"),
        (TRIANGLE, [[0, 0, 0], [9, 0, 0], [1, 1, 0]], "same order"),
        ("abc", TRIANGLE, "expected numbers as here"),
    ],
)
def test_pairs_that_say_nothing_are_refused(here, there, told):
    with pytest.raises(ValueError, match=told):
        similarity.from_pairs(here, there)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.eye(3), "4x4"),
        (np.full((4, 4), np.nan), "finite"),
        (np.diag([1, 2, 1, 1]), "shears or stretches.*moved"),
        (np.eye(4) + 0.2 * np.eye(4, k=1) * [[1], [0], [0], [0]], "shears"),
        (np.diag([0, 0, 0, 1]), "stretches"),
        (np.diag([-1, 1, 1, 1]), "mirrors"),
        (np.diag([1, 1, 1, 2]), "last row"),
        ("turn", "of numbers"),
    ],
)
def test_what_is_no_similarity_is_refused_with_the_way_out(given, told):
    with pytest.raises(ValueError, match=told):
        similarity.checked(given)


def _held(yaw_deg: float, pitch_deg: float) -> np.ndarray:
    """A camera that a person holds level: turned about the vertical, then looking down."""
    return turn(0, math.radians(yaw_deg), 0) @ turn(-math.radians(pitch_deg), 0, 0)


def test_cameras_that_look_down_tell_up_once_they_are_turned():
    """The mean of their up axes is off by half of their pitch and more."""
    found = up_direction(np.stack([R @ _held(yaw, 35.0) for yaw in (0, 25, 70)]))
    np.testing.assert_allclose(found, R @ [0, -1, 0], atol=1e-9)


def test_a_single_camera_says_its_own_up_and_many_ways_none():
    np.testing.assert_allclose(up_direction(R[None]), -R[:, 1], atol=1e-12)
    upside_down = np.diag([-1.0, -1.0, 1.0])
    assert up_direction(np.stack([np.eye(3), upside_down])) is None

import math

import numpy as np
import pytest
import torch

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import bounds, camera_state, check_state, initial_state

RNG = np.random.default_rng(0)


def in_view(state, points: np.ndarray) -> np.ndarray:
    """Which points a square picture of a state shows; by angles, without matrices."""
    eye, target = np.array(state["position"]), np.array(state["target"])
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, state["up"])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    rays = points - eye
    depth = rays @ forward
    limit = math.tan(math.radians(state["fov_deg"] / 2)) * depth
    return (depth > 0) & (abs(rays @ right) <= limit) & (abs(rays @ up) <= limit)


def test_the_first_camera_decides() -> None:
    T = torch.eye(4)
    T[:3, 3] = torch.tensor([1.0, 2.0, 3.0])
    points = RNG.uniform(-1, 1, (500, 3)) + np.array([1, 2, 8])
    state = initial_state(points, [Camera.centred(200.0, 256, 192, T)])
    assert state["position"] == (1, 2, 3)
    assert np.allclose(state["up"], (0, -1, 0))
    assert np.allclose(state["target"], (1, 2, 8), atol=0.2)
    assert state["fov_deg"] == pytest.approx(math.degrees(2 * math.atan(96 / 200)))


def test_points_ahead_of_the_origin_are_seen_from_there() -> None:
    state = initial_state(RNG.uniform(-1, 1, (500, 3)) + np.array([0, 0, 4]), [])
    assert state["position"] == (0, 0, 0)
    assert state["target"][2] == pytest.approx(4, abs=0.2)


@pytest.mark.parametrize(("behind", "from_origin"), [(0.01, True), (0.03, False)])
def test_two_percent_may_lie_behind_the_origin(behind, from_origin) -> None:
    points = RNG.uniform(-1, 1, (1000, 3)) + np.array([0, 0, 4])
    points[: round(1000 * behind), 2] = -1
    assert (initial_state(points, [])["position"] == (0, 0, 0)) == from_origin


@pytest.mark.parametrize(("depth", "from_origin"), [(0.75, False), (0.85, True)])
def test_the_origin_must_lie_outside_four_fifths_of_the_radius(depth, from_origin) -> None:
    flat = RNG.uniform(-1, 1, (4000, 3)) * np.array([1, 1, 0.001]) / bounds_radius()
    state = initial_state(flat + np.array([0, 0, depth]), [])
    assert (state["position"] == (0, 0, 0)) == from_origin


def bounds_radius() -> float:
    """Half the diagonal of the inner 90 % of the unit square."""
    return float(np.hypot(0.9, 0.9))


@pytest.mark.parametrize("shift", [(0, 0, 0), (5, -3, -20), (100, 0, 0)])
def test_other_points_are_fitted_into_the_picture(shift) -> None:
    points = RNG.normal(0, 1, (500, 3)) + shift
    state = initial_state(points, [])
    assert in_view(state, points).mean() > 0.9


def test_far_outliers_do_not_decide_the_size() -> None:
    points = RNG.uniform(-1, 1, (1000, 3))
    alone = bounds(points)
    points[:20] *= 1e6
    assert bounds(points)["radius"] == pytest.approx(alone["radius"], rel=0.1)


def test_bounds_of_nothing_and_of_one_point() -> None:
    assert bounds(np.zeros((0, 3)))["radius"] > 0
    one = bounds(np.array([[1.0, 2.0, 3.0]]))
    assert one["center"] == (1, 2, 3) and one["radius"] > 0


def test_a_flat_scene_is_centred_on_its_median() -> None:
    row = np.array([[0.0, 0, 2], [1, 0, 2], [2, 0, 2], [3, 0, 2], [40, 0, 2]])
    assert bounds(row)["center"] == (2, 0, 2)


def test_camera_state_turns_with_the_camera() -> None:
    quarter = torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # about y: looks along +x
    T = torch.eye(4)
    T[:3, :3] = quarter
    state = camera_state(Camera.centred(100.0, 64, 64, T), depth=2.0)
    assert np.allclose(state["target"], (2, 0, 0), atol=1e-6)
    assert np.allclose(state["up"], (0, -1, 0), atol=1e-6)


@pytest.mark.parametrize("principal", [(32, 32), (10, 32), (40, -50)])
def test_a_camera_state_shows_the_picture_of_a_moved_crop(principal) -> None:
    camera = Camera(torch.eye(4), 60.0, principal, 64, 64)
    state = camera_state(camera, depth=3.0)
    u, v = np.meshgrid(np.linspace(4, 60, 15), np.linspace(4, 60, 15))
    rays = np.stack([(u - principal[0]) / 60, (v - principal[1]) / 60, np.ones_like(u)], -1)
    assert in_view(state, 5 * rays.reshape(-1, 3)).mean() > 0.85
    middle = np.array([32 - principal[0], 32 - principal[1], 60.0])
    assert np.allclose(state["target"], 3 * middle / np.linalg.norm(middle))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"fov_deg": 0.0}, "fov_deg"),
        ({"position": (0, 0, float("nan"))}, "finite"),
        ({"target": (0.0, 0.0, 0.0)}, "target"),
        ({"zoom": 2}, "zoom"),
    ],
)
def test_bad_states_are_refused(change, word) -> None:
    good = {"position": (0, 0, 0), "target": (0, 0, 1), "up": (0, -1, 0), "fov_deg": 50}
    check_state(good)
    with pytest.raises(ValueError, match=word):
        check_state({**good, **change})

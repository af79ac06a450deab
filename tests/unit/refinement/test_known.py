"""Given cameras: right ones stay, a wrong one is told apart."""

import numpy as np
import pytest
import torch

from splat_widgets.refinement.epipolar import rays
from splat_widgets.refinement.known import contradicted, pose_of, solved_by
from splat_widgets.refinement.records import Matches, Shot, Window
from splat_widgets.scene.cameras import Camera

SIZE, FOCAL, COUNT = 200, 1.1, 240
EDGES = ((0, 1), (0, 2), (1, 2))


def _camera(x: float, turn_deg: float = 0.0) -> Camera:
    angle = np.radians(turn_deg)
    T = torch.eye(4, dtype=torch.float64)
    T[:3, :3] = torch.tensor(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    T[0, 3] = x
    return Camera.centred(FOCAL * SIZE, SIZE, SIZE, T)


RIGHT = [_camera(0.0), _camera(0.4, 3.0), _camera(-0.3, -4.0)]


@pytest.fixture(scope="module")
def matches() -> dict[tuple[int, int], Matches]:
    """Of points in a room, a fifth of them wrong."""
    rng = np.random.default_rng(3)
    points = rays(rng.uniform(-0.4, 0.4, (COUNT, 2)), FOCAL) * rng.uniform(2, 5, (COUNT, 1))
    places = []
    for camera in RIGHT:
        seen = pose_of(camera).apply(points)
        places.append(FOCAL * seen[:, :2] / seen[:, 2:] + rng.normal(0, 0.2 / 512, (COUNT, 2)))
    index = np.arange(COUNT)
    found = {}
    for i, j in EDGES:
        second = places[j].copy()
        second[::5] = rng.uniform(-0.5, 0.5, (len(second[::5]), 2))
        found[i, j] = Matches(places[i], second, index, index)
    return found


def _solved(cameras, matches):
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    shot = Shot(picture, Window(-0.5, -0.5, 1.0), (SIZE / 2, SIZE / 2))
    return solved_by(cameras, [shot] * 3, matches)


def test_right_cameras_stay(matches):
    found = _solved(RIGHT, matches)
    assert found.registered == (0, 1, 2) and contradicted(found) == []
    assert not any(one.reason for one in found.verdicts)


@pytest.mark.parametrize("wrong", [_camera(-0.3, 16.0), _camera(0.4, 3.0)])
def test_one_wrong_camera_is_told_apart_and_the_rest_stays(matches, wrong):
    found = _solved([*RIGHT[:2], wrong], matches)
    assert found.registered == (0, 1)
    assert contradicted(found) == [2]


def test_of_two_nobody_knows_which_is_wrong(matches):
    found = _solved([RIGHT[0], _camera(0.4, 20.0), _camera(0.0, 40.0)], matches)
    assert found.reason == "bad_cameras"

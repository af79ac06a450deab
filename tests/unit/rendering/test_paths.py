"""Cameras around a scene and between two cameras."""

from __future__ import annotations

import builders
import numpy as np
import pytest
import torch

from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.rendering import between, turntable
from splat_widgets.rendering.paths import first_look
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import initial_state
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene


def points(means) -> Gaussians:
    return builders.make_balls(torch.as_tensor(means).float(), 0.01)


def cloud(center, spread=1.0) -> np.ndarray:
    return np.random.default_rng(0).normal(center, spread, (500, 3))


def posed(quaternion=(0.9, 0.1, -0.3, 0.2), place=(0.4, -0.3, 0.2), focal=50.0) -> Camera:
    T = torch.eye(4)
    T[:3, :3] = rotation_matrix(torch.tensor(quaternion).float())
    T[:3, 3] = torch.tensor(place)
    return Camera(T, focal, (31.0, 25.0), 64, 48)


def test_it_starts_at_the_first_camera_with_its_own_lens():
    means = cloud((1, 0, 4), 1.0)
    camera, distance = first_look(points(means), [posed(), posed((1, 0, 0, 0))])
    T = posed().T_world_camera.numpy()
    depth = (means - T[:3, 3]) @ T[:3, 2]
    assert camera.principal_point_px == (31.0, 25.0) and camera.focal_px == 50.0
    assert distance == pytest.approx(np.median(depth[depth > 0]), rel=1e-5)


def test_without_a_camera_it_starts_where_the_viewer_first_looks():
    camera, distance = first_look(points(cloud((0, 0, -5))), [])
    state = initial_state(cloud((0, 0, -5)).astype(np.float32), [])
    np.testing.assert_allclose(camera.T_world_camera[:3, 3], state["position"], rtol=1e-5)
    assert distance == pytest.approx(
        np.linalg.norm(np.subtract(state["target"], state["position"]))
    )
    assert 2 * np.degrees(np.arctan(camera.width / 2 / camera.focal_px)) == pytest.approx(50)


def test_a_turntable_keeps_its_middle_and_comes_back():
    means = cloud((0, 0, 4), 0.3)
    scene = Scene(points(means), (posed((1, 0, 0, 0)), None))
    cameras = turntable(scene, num_frames=8, angle_deg=30)
    _, distance = first_look(scene.gaussians, [scene.cameras[0]])
    start = cameras[0].T_world_camera
    pivot = start[:3, 3] + distance * start[:3, 2]
    angles = []
    for camera in cameras:
        T = camera.T_world_camera
        torch.testing.assert_close(T[:3, :3] @ T[:3, :3].T, torch.eye(3).double())
        torch.testing.assert_close(camera.to_camera(pivot), torch.tensor([0, 0, distance]).double())
        assert float(T[:3, 1] @ start[:3, 1]) == pytest.approx(1)  # stays level
        angles.append(np.degrees(np.arctan2(float(T[0, 2]), float(T[2, 2]))))
    expected = 30 * np.sin(2 * np.pi * np.arange(8) / 8)
    np.testing.assert_allclose(np.abs(angles), np.abs(expected), atol=1e-9)
    assert angles[1] * angles[5] < 0


def test_half_a_turn_to_either_side_is_a_round():
    cameras = turntable(points(cloud((0, 0, 9), 0.5)), num_frames=4, angle_deg=180)
    forward = torch.stack([camera.T_world_camera[:3, 2] for camera in cameras])
    sides = torch.tensor([[0.0, 0, 1], [1, 0, 0], [0, 0, -1], [-1, 0, 0]]).double()
    torch.testing.assert_close(forward.abs(), sides.abs(), atol=1e-9, rtol=0)
    torch.testing.assert_close(forward[2], sides[2], atol=1e-9, rtol=0)


def test_sizes_are_even_and_show_the_same():
    scene = Scene(points(cloud((0, 0, 4))), (Camera.centred(40.0, 63, 48),))
    for size, expected in ((None, (126, 96)), (84, (84, 64)), (42, (42, 32))):
        camera = turntable(scene, num_frames=1, size=size)[0]
        assert (camera.width, camera.height) == expected
        assert camera.principal_point_px == pytest.approx((expected[0] / 2, expected[1] / 2))
        assert camera.focal_px / camera.height == pytest.approx(40 / 48, rel=0.01)
    tall = Scene(scene.gaussians, (Camera.centred(40.0, 48, 63),))
    camera = turntable(tall, num_frames=1, size=50)[0]  # 38.1 becomes 38, and the middle stays
    assert camera.principal_point_px == pytest.approx((19, 25))
    big = Scene(scene.gaussians, (Camera.centred(400.0, 640, 480),))
    assert turntable(big, num_frames=1)[0].width == 512


def test_between_goes_evenly():
    first, second = posed((1, 0, 0, 0), (0, 0, 0), 40.0), posed((0.8, 0, 0.6, 0), (1, 2, 3), 60.0)
    cameras = between(first, second, 5)
    for camera, end in ((cameras[0], first), (cameras[-1], second)):
        torch.testing.assert_close(camera.T_world_camera.float(), end.T_world_camera)
        assert camera.focal_px == pytest.approx(end.focal_px)
    whole = 2 * np.arctan2(0.6, 0.8)  # about y
    for k, camera in enumerate(cameras):
        angle = whole * k / 4
        R = camera.T_world_camera[:3, :3].numpy()
        np.testing.assert_allclose(R[0], [np.cos(angle), 0, np.sin(angle)], atol=1e-6)
        np.testing.assert_allclose(camera.center_world, np.array([1, 2, 3]) * k / 4, atol=1e-6)
        assert camera.focal_px == pytest.approx(40 + 5 * k)


def test_between_takes_the_shorter_way_and_the_same_pose_twice():
    half_turn_less = posed((0.02, 0, 0.9998, 0), (0, 0, 0))
    middle = between(posed((1, 0, 0, 0), (0, 0, 0)), half_turn_less, 3)[1]
    assert float(middle.T_world_camera[0, 2]) == pytest.approx(1, abs=0.02)
    ends = [posed((np.cos(a), 0, np.sin(a), 0), (0, 0, 0)) for a in np.radians([50, -50])]
    middle = between(*ends, 3)[1]  # from 100 to -100 degrees about y by way of 180
    assert float(middle.T_world_camera[2, 2]) == pytest.approx(-1, abs=1e-6)
    still = between(posed(), posed(), 3)
    torch.testing.assert_close(still[1].T_world_camera.float(), posed().T_world_camera)


def test_numbers_that_make_no_sense():
    scene = points(cloud((0, 0, 4)))
    for options in ({"num_frames": 0}, {"angle_deg": 0}, {"angle_deg": 200}):
        with pytest.raises(ValueError, match="at least 1 frame and an angle"):
            turntable(scene, **options)
    with pytest.raises(ValueError, match="no Gaussian with a finite centre"):
        turntable(scene.select([]))
    with pytest.raises(ValueError, match="size of at least 2"):
        turntable(scene, size=1)
    with pytest.raises(ValueError, match="one size, got 64x48 and 128x96"):
        between(posed(), posed().resized(128, 96))
    with pytest.raises(ValueError, match="at least 2 frames"):
        between(posed(), posed(), 1)

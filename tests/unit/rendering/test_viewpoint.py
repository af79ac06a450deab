"""`sw.render` with a camera, a pose alone, or nothing."""

import math

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.rendering.viewpoint import viewpoint
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene

POSE = np.array([[0.0, 0, 1, 0.3], [0, 1, 0, -0.2], [-1, 0, 0, 0.5], [0, 0, 0, 1]])


def test_without_a_camera_it_is_the_first_one(scene):
    first = scene.cameras[0]
    assert viewpoint(Scene.of(scene)) is first
    assert torch.equal(sw.render(scene).color, sw.render(scene, first).color)
    assert torch.equal(Scene.of(scene).render().depth, sw.render(scene).depth)


def test_gaussians_alone_are_framed_as_the_viewer_does(gaussians):
    camera = viewpoint(Scene(gaussians))
    assert (camera.width, camera.height) == (384, 384)
    assert float(sw.render(gaussians).alpha.max()) > 0.1


@pytest.mark.parametrize("form", [np.array, torch.tensor, np.ndarray.tolist, torch.from_numpy])
def test_a_pose_takes_the_first_cameras_intrinsics(scene, form):
    first, given = scene.cameras[0], form(POSE)
    camera = viewpoint(Scene.of(scene), given)
    assert np.allclose(camera.T_world_camera.numpy(), POSE)
    assert (camera.focal_px, camera.width) == (first.focal_px, first.width)


def test_a_pose_stays_in_its_graph(scene):
    pose = torch.eye(4, requires_grad=True)
    sw.render(scene, pose).color.sum().backward()
    assert pose.grad is not None and float(pose.grad.abs().sum()) > 0


@pytest.mark.parametrize(
    ("size", "expected"),
    [(40, (40, 20)), (np.int64(10), (10, 5)), ((60, 30), (60, 30)), ([30, 40], (30, 40))],
)
def test_the_focal_length_follows_the_size(gaussians, size, expected):
    wide = Camera(torch.eye(4), 25.0, (9.0, 5.5), 20, 10)
    camera = viewpoint(Scene(gaussians, (wide,)), size=size)
    assert (camera.width, camera.height) == expected
    # The shorter side keeps its field of view, the principal point its place from the middle.
    assert math.isclose(camera.focal_px / min(expected), 25.0 / 10)
    x, y = camera.principal_point_px
    factor = min(expected) / 10
    assert math.isclose(x - expected[0] / 2, -1 * factor, abs_tol=1e-9)
    assert math.isclose(y - expected[1] / 2, 0.5 * factor, abs_tol=1e-9)


def test_a_larger_picture_shows_the_same():
    balls = builders.make_balls(torch.tensor([[0.0, 0, 3], [1, 0.5, 4], [-0.7, 0.6, 3]]), 0.3)
    known = Scene(balls, (Camera(torch.eye(4), 40.0, (28.0, 18.0), 60, 40),))
    small, large = (sw.render(known, size=size).alpha for size in (60, 240))
    again = large.unflatten(0, (40, 4)).unflatten(2, (60, 4)).mean((1, 3))
    assert float((again - small).abs().max()) < 0.02 < float(small.max())


@pytest.mark.parametrize(
    ("pose", "says"),
    [
        (np.eye(3), "expected 4 x 4 numbers"),
        (2 * np.eye(4), "expected the last row 0 0 0 1"),
        (np.diag([2.0, 2, 2, 1]), "expected a rotation"),
        (np.diag([1.0, 1, -1, 1]), "invert a world-to-camera matrix first"),
        (np.full((4, 4), np.nan), "expected finite numbers"),
        ([[1, 2], [3]], "is not a matrix of numbers"),
    ],
)
def test_a_pose_that_is_none_is_refused(scene, pose, says):
    with pytest.raises(ValueError, match=f"T_world_camera.*{says}"):
        sw.render(scene, pose)


@pytest.mark.parametrize("size", [0, -3, 2.5, True, (10, 0), (1, 2, 3), "large", (True, 2)])
def test_a_size_that_is_none_is_refused(scene, size):
    with pytest.raises(ValueError, match="expected size as the longer side or"):
        sw.render(scene, size=size)

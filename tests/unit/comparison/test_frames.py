"""Frames of scenes: a shared photo has one camera, whatever the frame it was found in."""

from dataclasses import replace

import builders
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from splat_widgets.comparison.frames import aligned, moved
from splat_widgets.comparison.pixels import match
from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.rendering import render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import camera_state, pinhole_of
from splat_widgets.scene.scene import Scene

SIZE = 1.7


def elsewhere(scene: Scene, scale: float) -> tuple[Scene, torch.Tensor]:
    """The same scene with other axes and another unit of length, and the way there."""
    T = torch.eye(4)
    T[:3, :3] = rotation_matrix(torch.tensor([0.9, 0.1, -0.4, 0.1])) * scale
    T[:3, 3] = torch.tensor([0.3, -1.0, 2.0])
    cameras = []
    for camera in scene.cameras:
        pose = T @ camera.T_world_camera
        pose[:3, :3] /= scale
        cameras.append(replace(camera, T_world_camera=pose))
    gaussians = scene.gaussians.transformed(T)
    whole = replace(scene.reconstruction, gaussians=gaussians, cameras=tuple(cameras))
    return Scene.of(whole), T


@pytest.fixture
def scene() -> Scene:
    return Scene.of(builders.make_scene())


@pytest.mark.parametrize(("how", "scale"), [("camera", 1.0), ("size", SIZE)])
def test_the_way_from_one_frame_to_the_other_is_found(scene, how, scale):
    other, T = elsewhere(scene, scale)
    found = aligned(scene, other, match(scene, other), ("a", "b"), how)
    assert_allclose(found.T_scene_first, T.numpy(), atol=1e-5)
    assert "“b”" in found.sentence and "“a”" in found.sentence
    # What a camera sees is what the carried camera sees of the other scene.
    camera = Camera.centred(20.0, 24, 18, scene.cameras[1].T_world_camera)
    one, two = render(scene, camera), render(other, found.camera(camera))
    assert_allclose(two.alpha, one.alpha, atol=1e-3)
    assert_allclose(two.depth, one.depth * scale, rtol=1e-2, atol=1e-2)
    state = camera_state(camera, depth=2.0)
    carried = pinhole_of(found.state(state), 24, 18)
    assert_allclose(carried.T_world_camera, found.camera(camera).T_world_camera, atol=1e-5)
    again = found.first_state(found.state(state))
    assert_allclose(again["position"], state["position"], atol=1e-6)
    assert_allclose(again["up"], state["up"], atol=1e-6)


def test_lengths_stay_as_they_are_unless_asked(scene):
    other, _ = elsewhere(scene, SIZE)
    assert aligned(scene, other, match(scene, other), "ab", "camera").scale == pytest.approx(1)
    assert aligned(scene, other, match(scene, other), "ab", "size").scale == pytest.approx(SIZE)


def test_one_frame_needs_no_word_and_an_unknown_one_is_told(scene):
    same = aligned(scene, scene, match(scene, scene), "ab", "camera")
    assert same.sentence == "" and np.array_equal(same.T_scene_first, np.eye(4))
    alone = Scene.of(scene.gaussians)
    lost = aligned(scene, alone, match(scene, alone), "ab", "camera")
    assert "Nothing says" in lost.sentence and np.array_equal(lost.T_scene_first, np.eye(4))
    other, _ = elsewhere(scene, 1.0)
    as_is = aligned(scene, other, match(scene, other), "ab", "none")
    assert "own numbers" in as_is.sentence and as_is.scale == 1
    with pytest.raises(ValueError, match="expected align as one of camera, size, none, got 'x'"):
        aligned(scene, other, match(scene, other), "ab", "x")


def test_sizes_that_agree_are_not_told(scene):
    found = aligned(scene, scene, match(scene, scene), "ab", "size")
    assert found.sentence == "" and found.scale == pytest.approx(1)


def test_up_keeps_its_length():
    state = camera_state(Camera.centred(20.0, 24, 18))
    T = np.diag([3.0, 3, 3, 1])
    assert_allclose(moved(state, T)["up"], state["up"])
    assert_allclose(moved(state, T)["target"], 3 * np.array(state["target"]))

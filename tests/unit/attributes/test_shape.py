"""Position, size and rotation against closed forms in numpy, and OpenCV's rotations."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import cv2
import numpy as np
import pytest
import torch

from splat_widgets.attributes import values
from splat_widgets.geometry.covariance import covariance
from splat_widgets.scene.cameras import Camera


def test_position_is_the_centre(gaussians):
    means = gaussians.means.numpy()
    for axis, name in enumerate("xyz"):
        np.testing.assert_array_equal(values(gaussians, name), means[:, axis])
    np.testing.assert_allclose(values(gaussians, "distance"), np.sqrt((means**2).sum(1)), rtol=1e-6)
    np.testing.assert_array_equal(values(gaussians, "depth"), means[:, 2])


def test_distance_and_depth_follow_the_camera_asked_for(gaussians):
    turn = cv2.Rodrigues(np.array([0.3, -0.7, 0.2]))[0]
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = turn, [1.0, 2.0, -3.0]
    camera = Camera.centred(50.0, 40, 40, torch.from_numpy(T).float())
    local = (gaussians.means.numpy() - T[:3, 3]) @ turn
    depth = values(gaussians, "depth", camera=camera)
    np.testing.assert_allclose(depth, local[:, 2], atol=1e-5)
    distance = values(gaussians, "distance", camera=camera)
    np.testing.assert_allclose(distance, np.linalg.norm(local, axis=1), rtol=1e-5)
    np.testing.assert_array_equal(values(gaussians, "depth"), gaussians.means[:, 2].numpy())


def test_scales_raw_and_sorted(gaussians):
    scales = gaussians.scales.numpy()
    ordered = np.sort(scales, axis=1)
    for axis, word in enumerate(("smallest", "middle", "largest")):
        np.testing.assert_array_equal(values(gaussians, f"scale_{axis}"), scales[:, axis])
        np.testing.assert_array_equal(values(gaussians, f"scale_{word}"), ordered[:, axis])
    a, b, c = ordered.T.astype(np.float64)
    np.testing.assert_allclose(values(gaussians, "anisotropy"), c / a, rtol=1e-6)
    np.testing.assert_allclose(values(gaussians, "flatness"), 1 - a / b, atol=1e-6)
    np.testing.assert_allclose(values(gaussians, "elongation"), 1 - b / c, atol=1e-6)


def test_volume_is_that_of_the_covariance(gaussians):
    det = torch.linalg.det(covariance(gaussians.scales.double(), gaussians.quaternions.double()))
    np.testing.assert_allclose(
        values(gaussians, "volume"), 4 / 3 * pi * det.sqrt().numpy(), rtol=1e-5
    )


@pytest.mark.parametrize("scales", [(0.4, 0.4, 0.4), (0.1, 0.5, 0.3), (2.0, 0.01, 2.0)])
def test_surface_area_is_the_integral_over_the_ellipsoid(gaussians, scales):
    one = replace(gaussians.select([0]), scales=torch.tensor([scales]))
    node, weight = np.polynomial.legendre.leggauss(400)  # cos θ
    phi = (np.arange(800) + 0.5) * 2 * pi / 800
    sin = np.sqrt(1 - node**2)
    unit = np.stack(
        [
            sin[:, None] * np.cos(phi),
            sin[:, None] * np.sin(phi),
            np.broadcast_to(node[:, None], (400, 800)),
        ],
        -1,
    )
    # The area element of the sphere, stretched: det(S) |S⁻¹ n|.
    element = np.prod(scales) * np.linalg.norm(unit / np.array(scales), axis=-1)
    area = (element.sum(1) * weight).sum() * 2 * pi / 800
    assert values(one, "surface_area")[0] == pytest.approx(area, rel=0.0107)


def test_rotation_angle_is_the_length_of_the_rotation_vector(gaussians):
    angles = np.array([0.01, 30, 90, 150, 179.9])
    axis = np.array([2.0, -1, 2]) / 3
    half = np.radians(angles) / 2
    q = np.concatenate([np.cos(half)[:, None], np.sin(half)[:, None] * axis], 1)
    q[1] = -q[1]  # the same rotation
    some = replace(gaussians.select(range(5)), quaternions=torch.from_numpy(q).float())
    np.testing.assert_allclose(values(some, "rotation_angle"), angles, rtol=2e-5)
    for place, name in enumerate("wxyz"):
        np.testing.assert_allclose(values(some, f"quaternion_{name}"), q[:, place], rtol=1e-6)


def test_normal_is_the_direction_of_least_variance_and_faces_the_camera(gaussians):
    normal = np.stack([values(gaussians, f"normal_{axis}") for axis in "xyz"], 1)
    np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1, rtol=1e-5)
    variance = np.einsum("ni,nij,nj->n", normal, gaussians.covariances.numpy(), normal)
    smallest = np.linalg.eigvalsh(gaussians.covariances.double().numpy())[:, 0]
    np.testing.assert_allclose(np.sqrt(variance), np.sqrt(smallest), atol=1e-4)
    assert (np.einsum("ni,ni->n", normal, gaussians.means.numpy()) <= 0).all()


def test_normals_face_the_camera_of_their_own_photo(scene):
    normal = np.stack([values(scene, f"normal_{axis}") for axis in "xyz"], 1)
    for number, camera in enumerate(scene.cameras):
        here = (scene.view == number).numpy()
        away = scene.gaussians.means.numpy()[here] - camera.center_world.numpy()
        assert (np.einsum("ni,ni->n", normal[here], away) <= 1e-6).all()


def test_opacity_is_as_stored(gaussians):
    np.testing.assert_array_equal(values(gaussians, "opacity"), gaussians.opacities.numpy())


def test_degenerate_gaussians_give_infinity_or_nan_and_no_error(gaussians):
    flat = replace(gaussians.select([0, 1]), scales=torch.tensor([[0.0, 1, 2], [0.0, 0, 0]]))
    np.testing.assert_array_equal(values(flat, "anisotropy"), [np.inf, np.nan])
    np.testing.assert_array_equal(values(flat, "flatness"), [1, np.nan])
    np.testing.assert_array_equal(values(flat, "volume"), [0, 0])

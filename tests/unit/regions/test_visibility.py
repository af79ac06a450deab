"""Visibility against one pair of Gaussians at a time."""

import math

import numpy as np
import torch

from splat_widgets import regions
from splat_widgets.regions.visibility import transmittance
from splat_widgets.scene.cameras import Camera


def test_transmittance_against_one_pair_at_a_time(gaussians, camera, pixels) -> None:
    gaussians.scales.mul_(0.2)
    x, y, depth = pixels(gaussians, camera).T
    inside = (x >= 0) & (x < 20) & (y >= 0) & (y < 22) & (depth > 0.01)
    W = np.linalg.inv(camera.T_world_camera.double().numpy())[:3, :3]
    local = (gaussians.means.double().numpy() @ W.T) + np.linalg.inv(
        camera.T_world_camera.double().numpy()
    )[:3, 3]
    conics = []
    for index in range(200):
        u, v, z = local[index]
        tan_x = np.clip(u / z, (-9 - 3) / 25, (20 - 9 + 3) / 25)
        tan_y = np.clip(v / z, (-11 - 3.3) / 25, (22 - 11 + 3.3) / 25)
        J = np.array([[25 / z, 0, -25 * tan_x / z], [0, 25 / z, -25 * tan_y / z]])
        cov = J @ W @ gaussians.covariances[index].double().numpy() @ W.T @ J.T
        conics.append(np.linalg.inv(cov + 0.3 * np.eye(2)))
    expected = np.full(200, np.nan)
    for i in np.flatnonzero(inside):
        through = 1.0
        for j in range(200):
            if 0.01 < depth[j] < 0.98 * depth[i]:
                d = np.array([x[i] - x[j], y[i] - y[j]])
                alpha = float(gaussians.opacities[j]) * math.exp(-d @ conics[j] @ d / 2)
                through *= 1 - min(alpha, 0.99) if alpha >= 1 / 255 else 1.0
        expected[i] = through
    found = transmittance(gaussians, camera)
    np.testing.assert_allclose(found, expected, atol=2e-4)  # the projection is float32
    clear = np.abs(np.nan_to_num(expected, nan=0) - 0.5) > 1e-3
    visible = regions.visible(gaussians, camera)
    assert np.array_equal(visible[clear], (expected >= 0.5)[clear])
    assert 3 < visible.sum() < inside.sum()


def test_a_wall_hides_what_is_behind_it_unless_it_is_not_shown(gaussians, camera) -> None:
    front = Camera.centred(25.0, 20, 22)
    gaussians.scales.mul_(0.2)
    gaussians.means[0] = torch.tensor([0.0, 0, 1])
    gaussians.scales[0] = 5.0
    gaussians.opacities[0] = 1.0
    seen = np.flatnonzero(regions.visible(gaussians, front))
    assert 0 in seen and (gaussians.means[seen, 2] <= 1).all()
    among = np.arange(200) != 0
    seen = regions.visible(gaussians, front, among=among)
    assert seen.sum() > 5 and not seen[0]

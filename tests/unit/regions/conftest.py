"""A camera that is turned, and where it sees a scene."""

import math

import numpy as np
import pytest
import torch

from splat_widgets.scene.cameras import Camera


@pytest.fixture
def camera() -> Camera:
    T = torch.eye(4)
    c, s = math.cos(0.3), math.sin(0.3)
    T[:3, :3] = torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    T[:3, 3] = torch.tensor([0.2, -0.1, 0.4])
    return Camera(T, 25.0, (9.0, 11.0), 20, 22)


@pytest.fixture
def pixels():
    """(N, 3) x, y, depth of the centres, by homogeneous coordinates in float64."""

    def project(scene, camera: Camera) -> np.ndarray:
        means = scene.gaussians.means if hasattr(scene, "gaussians") else scene.means
        world = np.concatenate([means.double().numpy(), np.ones((len(means), 1))], 1)
        local = world @ np.linalg.inv(camera.T_world_camera.double().numpy()).T
        K = np.array([[camera.focal_px, 0, 9.0], [0, camera.focal_px, 11.0], [0, 0, 1]])
        projected = local[:, :3] @ K.T
        return np.concatenate([projected[:, :2] / projected[:, 2:], projected[:, 2:]], 1)

    return project

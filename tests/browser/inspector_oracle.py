"""What the inspector's page should say, in numpy; imported by the kernels of the Lab tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.scene.framing import pinhole_of


def projected(gaussians: Any, state: Any, width: int, height: int) -> tuple[np.ndarray, ...]:
    """Centres on the picture: x, y in px, depth; and the camera's focal length."""
    camera = pinhole_of(state, width, height)
    T = camera.T_world_camera.double().numpy()
    local = (gaussians.means.double().numpy() - T[:3, 3]) @ T[:3, :3]
    x, y, z = local.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return (
            camera.focal_px * x / z + width / 2,
            camera.focal_px * y / z + height / 2,
            z,
            camera.focal_px,
        )


def weights(gaussians: Any, state: Any, width: int, height: int, x: float, y: float) -> np.ndarray:
    """Part of every Gaussian in the colour of a point (Kerbl et al. 2023, eq. 3)."""
    u, v, z, f = projected(gaussians, state, width, height)
    T = pinhole_of(state, width, height).T_world_camera.double().numpy()
    axes = rotation_matrix(gaussians.quaternions.double()).numpy()
    axes = T[:3, :3].T @ axes * gaussians.scales.double().numpy()[:, None, :]  # (N, 3, 3)
    near = z > 0.01
    z = np.where(near, z, 1.0)
    slope_x = np.clip((u - width / 2) / f, -1.3 * width / 2 / f, 1.3 * width / 2 / f)
    slope_y = np.clip((v - height / 2) / f, -1.3 * height / 2 / f, 1.3 * height / 2 / f)
    rows = np.stack(
        [
            (axes[:, 0] - slope_x[:, None] * axes[:, 2]) * (f / z)[:, None],
            (axes[:, 1] - slope_y[:, None] * axes[:, 2]) * (f / z)[:, None],
        ],
        axis=1,
    )
    covariance = rows @ rows.transpose(0, 2, 1) + 0.3 * np.eye(2)
    d = np.stack([x - u, y - v], -1)
    power = np.einsum("ni,nij,nj->n", d, np.linalg.inv(covariance), d)
    alpha = np.minimum(0.99, gaussians.opacities.double().numpy() * np.exp(-0.5 * power))
    alpha = np.where(near & (alpha >= 1 / 255), alpha, 0.0)
    order = np.argsort(z, kind="stable")
    through = np.cumprod(np.concatenate([[1.0], 1 - alpha[order][:-1]]))
    found = np.empty_like(alpha)
    found[order] = alpha[order] * through
    return found

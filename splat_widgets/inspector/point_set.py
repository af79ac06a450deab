"""What a points view draws: centres with colours, cameras, and lines for the offsets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

OFFSET_COLOUR = "#0072b2"  # one of Okabe and Ito's, safe for colour blindness
_DOTS_PER_LINE = 12


@dataclass(frozen=True, eq=False)
class PointSet:
    """M points, and what stands among them."""

    means: np.ndarray  # (M, 3) float32, in the world
    rgb: np.ndarray  # (M, 3) float32 in [0, 1]
    cameras: tuple[Camera, ...]  # that are drawn
    offsets: np.ndarray  # (K, 2, 3) float32, ends of lines
    size: float  # of a point, scene units
    radius: float  # of the scene
    total: int  # Gaussians of the scene

    def __repr__(self) -> str:
        return f"{len(self.means):,} of {self.total:,} points"

    def as_gaussians(self) -> Gaussians:
        """A ball for each point, and a row of small ones for each line."""
        steps = np.linspace(0, 1, _DOTS_PER_LINE, dtype=np.float32)[:, None]
        ends = self.offsets[:, :, None]  # (K, 2, 1, 3)
        dots = ((1 - steps) * ends[:, 0] + steps * ends[:, 1]).reshape(-1, 3)
        blue = np.array([int(OFFSET_COLOUR[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
        means = torch.from_numpy(np.concatenate([self.means, dots]))
        rgb = torch.from_numpy(np.concatenate([self.rgb, np.tile(blue, (len(dots), 1))]))
        sizes = torch.full((len(means), 1), self.size / 2)
        sizes[len(self.means) :] /= 3
        return Gaussians(
            means=means,
            scales=sizes.repeat(1, 3),
            quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(len(means), 1),
            opacities=torch.full((len(means),), 0.95),
            sh=rgb_to_dc(rgb)[:, None],
        )


def frustum(camera: Camera, depth: float) -> np.ndarray:
    """(8, 2, 3) lines of a camera: from its centre to the corners of its picture, and around it.

    Args:
        camera: where and how.
        depth: distance of the drawn picture from the centre, scene units.
    """
    T = camera.T_world_camera.detach().cpu().double().numpy()
    cx, cy = camera.principal_point_px
    x = (np.array([0, camera.width, camera.width, 0]) - cx) / camera.focal_px
    y = (np.array([0, 0, camera.height, camera.height]) - cy) / camera.focal_px
    corners = depth * np.stack([x, y, np.ones(4)], -1) @ T[:3, :3].T + T[:3, 3]
    center = np.broadcast_to(T[:3, 3], (4, 3))
    rays = np.stack([center, corners], 1)
    around = np.stack([corners, np.roll(corners, -1, axis=0)], 1)
    return np.concatenate([rays, around])

"""Make the bundled scene of degree 3: a ball that mirrors the bundled photo.

    python tests/data/ball/make.py

What a mirror shows depends on where it is seen from, so this scene needs spherical harmonics. Each
Gaussian is a flat disc on the ball. Its colour is computed for many directions, mostly the photo in
the reflected direction, and the harmonics are fitted.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

import splat_widgets as sw
from splat_widgets.conventions import MAX_SH_DEGREE
from splat_widgets.embedded import CHECKPOINT, demo_pair
from splat_widgets.geometry.harmonics import basis
from splat_widgets.geometry.rotations import quaternion

COUNT = 720
CENTRE, RADIUS = (0.0, 0.0, 1.5), 0.4  # metres, in the frame of a camera that looks at it
NUM_DIRECTIONS = 1200
GLOSS = 0.75  # share of the mirror image; the rest is what a matt ball would show
FLATNESS = 0.1  # thickness of a disc over its radius
RIDGE = 1e-3  # keeps the half that is turned away, and never seen, calm


def ball() -> sw.Gaussians:
    """The scene."""
    normals = spread(COUNT)  # (N, 3)
    sides = F.normalize(torch.linalg.cross(normals, torch.tensor([[0.3, 0.9, 0.2]])), dim=-1)
    axes = torch.stack([sides, torch.linalg.cross(normals, sides), normals], -1)  # (N, 3, 3)
    size = 0.6 * RADIUS * math.sqrt(4 * math.pi / COUNT)  # discs overlap
    return sw.Gaussians(
        means=RADIUS * normals + torch.tensor(CENTRE),
        scales=torch.tensor([size, size, FLATNESS * size]).expand(COUNT, 3).clone(),
        quaternions=quaternion(axes),
        opacities=torch.full((COUNT,), 0.95),
        sh=harmonics(normals),
    )


def harmonics(normals: Tensor) -> Tensor:
    """(N, 16, 3) coefficients whose colours are nearest to the ball's, over the seen directions."""
    photo = torch.from_numpy(np.array(Image.open(demo_pair()[0]).convert("RGB").resize((64, 64))))
    directions = spread(NUM_DIRECTIONS)  # (D, 3) from the camera to the ball
    functions = basis(directions, MAX_SH_DEGREE)  # (D, 16)
    matt = surroundings(normals, photo / 255)
    found = []
    for normal, own in zip(normals, matt, strict=True):
        towards = directions @ normal
        mirrored = directions - 2 * towards[:, None] * normal
        colour = GLOSS * surroundings(mirrored, photo / 255) + (1 - GLOSS) * own
        seen = (towards < 0).float()[:, None]
        matrix = functions.mT @ (seen * functions) / NUM_DIRECTIONS + RIDGE * torch.eye(16)
        right = functions.mT @ (seen * (colour - 0.5)) / NUM_DIRECTIONS
        found.append(torch.linalg.solve(matrix, right))
    return torch.stack(found)


def surroundings(directions: Tensor, photo: Tensor) -> Tensor:
    """(..., 3) display RGB: the photo around the ball, once in front and once mirrored behind."""
    x, y, z = directions.unbind(-1)
    across = 1 - torch.atan2(x, z).abs() / math.pi
    down = 0.5 + torch.asin(y.clamp(-1, 1)) / math.pi
    height, width = photo.shape[:2]
    rows, columns = (down * (height - 1)).round().long(), (across * (width - 1)).round().long()
    return photo[rows, columns]


def spread(count: int) -> Tensor:
    """(count, 3) unit vectors, evenly over the sphere, along a spiral (Vogel's)."""
    step = torch.arange(count) + 0.5
    y = 1 - 2 * step / count
    angle = step * math.pi * (3 - math.sqrt(5))
    across = (1 - y * y).sqrt()
    return torch.stack([across * angle.cos(), y, across * angle.sin()], -1)


if __name__ == "__main__":
    path = sw.save(ball(), Path(CHECKPOINT) / "demo" / "ball.ply")
    print(f"wrote {path}, {path.stat().st_size / 1000:.0f} kB")

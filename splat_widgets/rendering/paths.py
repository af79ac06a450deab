"""Camera paths: around a scene, or from one camera to another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from math import asin, cos, pi, radians, sin

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.geometry.rotations import quaternion, rotation_matrix
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import initial_state, pinhole_of
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike

DEFAULT_SIZE_PX = 512
_MAX_ENLARGEMENT = 2  # of the photos: a larger scene of one splat per pixel shows its gaps


def turntable(
    scene: SceneLike, *, num_frames: int = 72, angle_deg: float = 12.0, size: int | None = None
) -> tuple[Camera, ...]:
    """Cameras that turn around the middle of a scene, starting where the viewer first looks.

    They swing to one side, to the other and back, so that the pictures make a loop: two photos show
    a scene from the front, and have nothing to show behind it. `angle_deg=180` goes all the way
    round instead.

    Args:
        scene: what `Scene.of` takes; the path starts at its first camera if that is known.
        num_frames: how many cameras.
        angle_deg: how far to either side, up to 180.
        size: longer side of the pictures in pixels; twice the photos' by default, at most 512.

    Raises:
        TypeError: if it is not a scene.
        ValueError: for numbers out of range, or a scene without a finite Gaussian.
    """
    if num_frames < 1 or not 0 < angle_deg <= 180:
        raise ValueError(
            f"expected at least 1 frame and an angle above 0 and up to 180 degrees, got "
            f"{num_frames} and {angle_deg}"
        )
    known = Scene.of(scene)
    start, distance = first_look(known.gaussians, known.known_cameras)
    start = _sized(start, size)
    T = start.T_world_camera.detach().cpu().double()
    pivot = T[:3, 3] + distance * T[:3, 2]
    poses = []
    for k in range(num_frames):
        phase = 2 * pi * k / num_frames
        turn = _turn(T[:3, 1], phase if angle_deg == 180 else radians(angle_deg) * sin(phase))
        pose = torch.eye(4, dtype=torch.float64, device="cpu")
        pose[:3, :3] = turn @ T[:3, :3]
        pose[:3, 3] = pivot + turn @ (T[:3, 3] - pivot)
        poses.append(pose)
    return tuple(replace(start, T_world_camera=pose) for pose in poses)


def between(first: Camera, second: Camera, num_frames: int = 36) -> tuple[Camera, ...]:
    """Cameras from one to another, both included: straight on, turning evenly (slerp).

    Args:
        first: where it starts.
        second: where it ends; pictures of the same size.
        num_frames: how many cameras, at least 2.

    Raises:
        ValueError: for pictures of different sizes or fewer than two frames.
    """
    if (first.width, first.height) != (second.width, second.height):
        raise ValueError(
            f"expected cameras with pictures of one size, got {first.width}x{first.height} and "
            f"{second.width}x{second.height}; use `resized`"
        )
    if num_frames < 2:
        raise ValueError(f"expected at least 2 frames, got {num_frames}")
    T = torch.stack([camera.T_world_camera.detach().cpu().double() for camera in (first, second)])
    turns = quaternion(T[:, :3, :3])
    a, b = turns[0], turns[1] if turns[0] @ turns[1] >= 0 else -turns[1]
    half = 2 * asin(min(1.0, float((b - a).norm()) / 2))  # angle between the quaternions
    cameras = []
    for k in range(num_frames):
        share = k / (num_frames - 1)
        weights = (1 - share, share)
        if half > 1e-6:
            weights = (sin((1 - share) * half) / sin(half), sin(share * half) / sin(half))
        pose = torch.eye(4, dtype=torch.float64, device="cpu")
        pose[:3, :3] = rotation_matrix(weights[0] * a + weights[1] * b)
        pose[:3, 3] = torch.lerp(T[0, :3, 3], T[1, :3, 3], share)
        (x0, y0), (x1, y1) = first.principal_point_px, second.principal_point_px
        cameras.append(
            Camera(
                T_world_camera=pose,
                focal_px=first.focal_px + share * (second.focal_px - first.focal_px),
                principal_point_px=(x0 + share * (x1 - x0), y0 + share * (y1 - y0)),
                width=first.width,
                height=first.height,
            )
        )
    return tuple(cameras)


def first_look(gaussians: Gaussians, cameras: Sequence[Camera]) -> tuple[Camera, float]:
    """The camera of the viewer's first view, and the distance to the point that it turns around.

    Raises:
        ValueError: for a scene without a Gaussian whose centre is finite.
    """
    if not gaussians.means.isfinite().all(1).any():
        raise ValueError("expected a scene to look at, got no Gaussian with a finite centre")
    state = initial_state(gaussians.means, cameras)
    camera = cameras[0] if cameras else pinhole_of(state, DEFAULT_SIZE_PX, DEFAULT_SIZE_PX)
    return camera, math.dist(state["position"], state["target"])


def _sized(camera: Camera, size: int | None) -> Camera:
    """The camera with even sides, as videos need; the longer one is `size`."""
    longer = max(camera.width, camera.height)
    wanted = size or min(DEFAULT_SIZE_PX, _MAX_ENLARGEMENT * longer)
    if wanted < 2:
        raise ValueError(f"expected a size of at least 2 pixels, got {size}")
    width, height = (
        max(2, 2 * round(side * wanted / longer / 2)) for side in (camera.width, camera.height)
    )
    # The rounding of a side moves the border by half a pixel; the pixels stay square.
    factor = max(width / camera.width, height / camera.height)
    cx, cy = camera.principal_point_px
    return replace(
        camera,
        focal_px=camera.focal_px * factor,
        principal_point_px=(
            cx * factor + (width - camera.width * factor) / 2,
            cy * factor + (height - camera.height * factor) / 2,
        ),
        width=width,
        height=height,
    )


def _turn(axis: Tensor, angle: float) -> Tensor:
    """(3, 3) rotation about an axis through the origin, radians (Rodrigues)."""
    x, y, z = F.normalize(axis, dim=0).tolist()
    K = axis.new_tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return (
        torch.eye(3, dtype=axis.dtype, device=axis.device)
        + sin(angle) * K
        + (1 - cos(angle)) * K @ K
    )

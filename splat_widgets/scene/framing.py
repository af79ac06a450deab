"""Where to look from when a scene is first shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import torch

from splat_widgets.scene.cameras import Camera

Vec3 = tuple[float, float, float]


class CameraState(TypedDict):
    """Where the viewer looks from; what `viewer.camera` holds."""

    position: Vec3
    target: Vec3  # the point that the view turns around
    up: Vec3  # (0, -1, 0) is upright for the first photo
    fov_deg: float  # field of view across the shorter side of the picture


class PinholeCamera(TypedDict):
    """A `Camera` as plain numbers."""

    T_world_camera: list[float]  # 4 x 4, row by row
    focal_px: float
    principal_point_px: tuple[float, float]
    width: int
    height: int


class Bounds(TypedDict):
    """A ball that holds most of a scene."""

    center: Vec3
    radius: float


DEFAULT_FOV_DEG = 50.0
DEFAULT_STATE: CameraState = {
    "position": (0.0, 0.0, 0.0),
    "target": (0.0, 0.0, 1.0),
    "up": (0.0, -1.0, 0.0),
    "fov_deg": DEFAULT_FOV_DEG,
}
# A few far outliers must not decide how large the scene is.
_INNER_PERCENTILES = (5, 50, 95)


def bounds(means: np.ndarray) -> Bounds:
    """A ball around the inner 90 % of points along each axis.

    Args:
        means: (N, 3) finite positions.
    """
    if not len(means):
        return {"center": (0.0, 0.0, 1.0), "radius": 1.0}
    low, middle, high = np.percentile(means, _INNER_PERCENTILES, axis=0)
    center = (low + high) / 2 if np.all(high > low) else middle
    radius = float(np.linalg.norm(high - low) / 2)
    return {"center": _vec3(center), "radius": max(radius, 1e-3)}


def initial_state(means: np.ndarray | torch.Tensor, cameras: Sequence[Camera]) -> CameraState:
    """The first camera's view; without cameras, a view from the origin or of the whole scene.

    Args:
        means: (N, 3) positions, world frame; those that are not finite do not count.
        cameras: cameras of the scene, in the photos' order.
    """
    if isinstance(means, torch.Tensor):
        means = means.detach().cpu().float().numpy()
    means = means.astype(np.float32)
    means = means[np.isfinite(means).all(1)]
    ball = bounds(means)
    if cameras:
        return camera_state(cameras[0], depth=_depth_ahead(means, cameras[0], ball))
    # Networks and 3DGS exports of two photos put the first camera at the origin, looking along +z.
    z = means[:, 2] if len(means) else np.zeros(1)
    ahead = float(np.mean(z > 0.05 * ball["radius"])) if len(means) else 0.0
    outside = float(np.linalg.norm(ball["center"])) > 0.8 * ball["radius"]
    if ahead > 0.98 and outside:
        target = (0.0, 0.0, float(np.median(z)))
        return {**DEFAULT_STATE, "target": target}
    distance = ball["radius"] / math.sin(math.radians(DEFAULT_FOV_DEG / 2))
    x, y, z0 = ball["center"]
    return {**DEFAULT_STATE, "position": (x, y, z0 - distance), "target": ball["center"]}


def camera_state(camera: Camera, depth: float = 1.0) -> CameraState:
    """The view of a camera as a state that turns around a point ahead of it.

    The state looks at the middle of the camera's picture, whose shorter side spans the picture's.
    With the principal point in the middle, that is the camera's own view. Otherwise, as for a crop
    that was moved, the same rays are seen, and what is parallel to the picture's edges is not quite
    so in the view; `snapshot(camera=...)` keeps the intrinsics.
    """
    T = camera.T_world_camera.detach().cpu().double().numpy()
    position, down = T[:3, 3], T[:3, 1]
    cx, cy = camera.principal_point_px
    middle = np.array([camera.width / 2 - cx, camera.height / 2 - cy, camera.focal_px])
    distance_px = float(np.linalg.norm(middle))
    forward = T[:3, :3] @ (middle / distance_px)
    half = min(camera.width, camera.height) / 2
    return {
        "position": _vec3(position),
        "target": _vec3(position + depth * forward),
        "up": _vec3(-down),
        "fov_deg": math.degrees(2 * math.atan(half / distance_px)),
    }


def pinhole_of(state: CameraState, width: int, height: int) -> Camera:
    """A camera of this many pixels with the view of a state; its principal point is the middle."""
    position, target, up = (np.array(state[key]) for key in ("position", "target", "up"))
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    T = np.eye(4, dtype=np.float32)
    T[:3, :4] = np.stack([right, np.cross(forward, right), forward, position], -1)
    focal_px = min(width, height) / 2 / math.tan(math.radians(state["fov_deg"]) / 2)
    return Camera.centred(focal_px, width, height, torch.from_numpy(T))


def pinhole(camera: Camera) -> PinholeCamera:
    """A camera as plain numbers for the wire."""
    x, y = camera.principal_point_px
    return {
        "T_world_camera": [float(v) for v in camera.T_world_camera.detach().cpu().flatten()],
        "focal_px": float(camera.focal_px),
        "principal_point_px": (float(x), float(y)),
        "width": int(camera.width),
        "height": int(camera.height),
    }


def check_state(value: Any) -> CameraState:
    """A camera state from a dictionary.

    Raises:
        ValueError: if keys are missing or unknown, or a number is not finite.
    """
    expected = set(CameraState.__annotations__)
    if not isinstance(value, dict) or set(value) != expected:
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise ValueError(f"expected a camera with {sorted(expected)}, got {got}")
    state: CameraState = {
        "position": _vec3(value["position"]),
        "target": _vec3(value["target"]),
        "up": _vec3(value["up"]),
        "fov_deg": float(value["fov_deg"]),
    }
    if not 1 <= state["fov_deg"] <= 170:
        raise ValueError(f"expected fov_deg from 1 to 170, got {state['fov_deg']}")
    if state["position"] == state["target"]:
        raise ValueError("expected a target apart from the position, got the same point twice")
    return state


def _depth_ahead(means: np.ndarray, camera: Camera, ball: Bounds) -> float:
    T = camera.T_world_camera.detach().cpu().double().numpy()
    depths = (means - T[:3, 3]) @ T[:3, 2]
    depths = depths[depths > 0]
    return float(np.median(depths)) if len(depths) else ball["radius"]


def _vec3(values: Any) -> Vec3:
    x, y, z = (float(v) for v in values)
    if not all(map(math.isfinite, (x, y, z))):
        raise ValueError(f"expected three finite numbers, got {[x, y, z]}")
    return x, y, z

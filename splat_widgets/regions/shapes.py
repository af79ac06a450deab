"""Regions of the picture and of space: which centres lie inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from splat_widgets.attributes.records import Subject
from splat_widgets.regions.polygon import Points, along_line, inside_polygon
from splat_widgets.rendering.projection import NEAR_PLANE
from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.scene import SceneLike


def in_rectangle(
    scene: SceneLike, camera: Camera, corner: Sequence[float], opposite: Sequence[float]
) -> np.ndarray:
    """Gaussians whose centre a camera sees inside a rectangle, its border included.

    Args:
        scene: what `Scene.of` takes.
        camera: the viewpoint.
        corner: (x, y) in pixels of the camera.
        opposite: (x, y) of the opposite corner, in pixels.

    Returns:
        (N,) bool.
    """
    (x1, x2), (y1, y2) = (sorted(pair) for pair in zip(corner, opposite, strict=True))
    x, y = _projected(scene, camera)
    return (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)


def in_polygon(scene: SceneLike, camera: Camera, points: Points) -> np.ndarray:
    """Gaussians whose centre a camera sees inside a polygon, for example a lasso.

    Args:
        scene: what `Scene.of` takes.
        camera: the viewpoint.
        points: (M, 2) corners x, y in pixels of the camera. Where the polygon crosses itself, a
            point enclosed twice is outside (the even-odd rule).

    Returns:
        (N,) bool.
    """
    return inside_polygon(*_projected(scene, camera), points)


def in_brush(scene: SceneLike, camera: Camera, points: Points, radius: float) -> np.ndarray:
    """Gaussians whose centre a camera sees under a stroke of a round brush.

    Args:
        scene: what `Scene.of` takes.
        camera: the viewpoint.
        points: (M, 2) where the brush's middle went, x, y in pixels of the camera; one is a dot.
        radius: of the brush in pixels, included.

    Returns:
        (N,) bool.
    """
    return along_line(*_projected(scene, camera), points, radius)


def in_box(scene: SceneLike, center: Sequence[float], half_sizes: Sequence[float]) -> np.ndarray:
    """Gaussians whose centre lies in a box along the world's axes, its faces included.

    Args:
        scene: what `Scene.of` takes.
        center: (3,) in the world, scene units.
        half_sizes: (3,) from the centre to the faces, scene units.

    Returns:
        (N,) bool.
    """
    half = np.asarray(half_sizes, np.float64)
    if half.shape != (3,) or not (half >= 0).all():
        raise ValueError(f"expected three half_sizes of at least 0, got {half_sizes!r}")
    x, y, z = (np.abs(_means(scene) - _point(center)) <= half).T
    return x & y & z


def in_sphere(scene: SceneLike, center: Sequence[float], radius: float) -> np.ndarray:
    """Gaussians whose centre lies in a ball.

    Args:
        scene: what `Scene.of` takes.
        center: (3,) in the world, scene units.
        radius: scene units, included.

    Returns:
        (N,) bool.
    """
    if not radius >= 0:
        raise ValueError(f"expected a radius of at least 0, got {radius}")
    apart = _means(scene) - _point(center)
    return (apart * apart).sum(1) <= radius * radius


def _projected(scene: SceneLike, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """(N,) x and y in pixels, float64; NaN behind the camera and nearer than the near plane."""
    T = checked(camera).T_world_camera.detach().cpu().double().numpy()
    local = (_means(scene) - T[:3, 3]) @ T[:3, :3]
    z = np.where(local[:, 2] > NEAR_PLANE, local[:, 2], np.nan)
    cx, cy = camera.principal_point_px
    return camera.focal_px * local[:, 0] / z + cx, camera.focal_px * local[:, 1] / z + cy


def _means(scene: SceneLike) -> np.ndarray:
    return Subject.of(scene).gaussians.means.cpu().double().numpy()


def _point(values: Sequence[float]) -> np.ndarray:
    point = np.asarray(values, np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ValueError(f"expected a centre of three finite numbers, got {values!r}")
    return point

"""Which camera a picture is taken from: one that is given, a pose alone, or the scene's first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import Tensor

from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.framing import initial_state, pinhole_of
from splat_widgets.scene.posed import rigid
from splat_widgets.scene.scene import Scene

FRAMED_PX = 384
"""Sides of the picture of a scene without cameras."""

CameraLike = Camera | Tensor | np.ndarray | Sequence[Sequence[float]] | None
"""A camera; a (4, 4) `T_world_camera` alone; None: the scene's first camera."""
Size = int | tuple[int, int]
"""The longer side in pixels, or (width, height) in pixels."""


def viewpoint(scene: Scene, camera: CameraLike = None, size: Size | None = None) -> Camera:
    """The camera to render a scene from.

    Args:
        scene: whose first camera stands in for what is not given.
        camera: a camera; a (4, 4) camera-to-world pose with OpenCV axes, which takes focal length
            and size of the first camera; None: the first camera, or where the viewer first looks
            from if none is known.
        size: longer side of the picture, or (width, height), in pixels; None: the camera's own. The
            focal length is scaled with it: the shorter side keeps its field of view.

    Raises:
        TypeError: for something else than a camera or numbers.
        ValueError: for a pose that is no rigid motion, or a size that is not above 0.
    """
    found = camera if isinstance(camera, Camera) else _own(scene)
    if camera is not None and not isinstance(camera, Camera):
        found = replace(found, T_world_camera=_pose(camera))
    return found if size is None else _sized(found, size)


def _own(scene: Scene) -> Camera:
    if scene.known_cameras:
        return scene.known_cameras[0]
    return pinhole_of(initial_state(scene.means, ()), FRAMED_PX, FRAMED_PX)


def _pose(given: Any) -> Tensor:
    """(4, 4) of numbers; a tensor stays in its graph."""
    numbers = given.detach().cpu().numpy() if isinstance(given, Tensor) else given
    listed = isinstance(numbers, np.ndarray | list | tuple)
    if not listed or any(isinstance(one, Camera) for one in numbers):
        checked(given)  # refuses it, and says what a camera is
    advice = "; a pose is camera to world: invert a world-to-camera matrix first"
    exact = rigid(numbers, "T_world_camera", advice=advice)
    is_whole = isinstance(given, Tensor) and given.shape == (4, 4)
    return given if is_whole else torch.from_numpy(exact)


def _sized(camera: Camera, size: Any) -> Camera:
    sides = list(size) if isinstance(size, tuple | list | np.ndarray) else [size]
    whole = all(isinstance(one, Integral) and not isinstance(one, bool) for one in sides)
    if len(sides) not in (1, 2) or not whole or min(sides) < 1:
        raise ValueError(
            "expected size as the longer side or (width, height), in whole pixels above 0, got "
            f"{size!r}"
        )
    if len(sides) == 1:
        share = sides[0] / max(camera.width, camera.height)
        sides = [max(1, round(side * share)) for side in (camera.width, camera.height)]
    width, height = map(int, sides)
    factor = min(width, height) / min(camera.width, camera.height)
    x, y = camera.principal_point_px
    middle = (
        width / 2 + (x - camera.width / 2) * factor,
        height / 2 + (y - camera.height / 2) * factor,
    )
    return Camera(camera.T_world_camera, camera.focal_px * factor, middle, width, height)

"""What can be shown: Gaussians, anything that has them, a file, or nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians


@dataclass(frozen=True)
class Displayable:
    """Gaussians and the cameras that saw them."""

    gaussians: Gaussians
    cameras: tuple[Camera, ...] = ()  # those that are known, the first camera first


def displayable(scene: Any) -> Displayable | None:
    """Resolve what a caller passes as a scene.

    Args:
        scene: `Gaussians`, an object with `.gaussians` (and `.cameras`) such as a
            `Reconstruction`, a path to a `.ply`, or None for an empty viewer.

    Raises:
        OSError: for a path at which there is no file.
        TypeError: for anything else.
    """
    if scene is None:
        return None
    if isinstance(scene, Displayable):
        return scene
    if isinstance(scene, Gaussians):
        return Displayable(scene)
    if isinstance(scene, str | os.PathLike):
        from splat_widgets import io

        return Displayable(io.read(scene))
    gaussians = getattr(scene, "gaussians", None)
    if isinstance(gaussians, Gaussians):
        cameras = getattr(scene, "cameras", None) or ()
        return Displayable(gaussians, tuple(camera for camera in cameras if camera is not None))
    raise TypeError(
        "expected Gaussians, a Reconstruction, a path to a .ply or None, "
        f"got {type(scene).__name__}"
    )

"""A picture of a scene without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians, tan
from typing import Protocol

from torch import Tensor

from splat_widgets.gaussians import Gaussians
from splat_widgets.geometry.cameras import Camera
from splat_widgets.render import Rendering, render, to_png

PREVIEW_SIZE = 384
"""Longer side in pixels: enough to recognise a scene, and quick for half a million splats."""
_ASSUMED_FIELD_OF_VIEW_DEG = 60.0


class Scene(Protocol):
    """What a preview needs: a `Reconstruction` has it."""

    @property
    def gaussians(self) -> Gaussians: ...  # noqa: D102
    @property
    def cameras(self) -> Sequence[Camera | None]: ...  # noqa: D102


def preview(
    scene: Scene,
    *,
    size: int = PREVIEW_SIZE,
    background: Sequence[float] | Tensor = (1.0, 1.0, 1.0),
) -> Rendering:
    """The scene from its first camera; with 60 degrees field of view if that is not known.

    Args:
        scene: a `Reconstruction`.
        size: longer side in pixels.
        background: display RGB.
    """
    camera = scene.cameras[0] if scene.cameras else None
    if camera is None:
        focal = size / 2 / tan(radians(_ASSUMED_FIELD_OF_VIEW_DEG) / 2)
        camera = Camera.centred(focal, size, size)
    longer = max(camera.width, camera.height)
    camera = camera.resized(
        max(1, round(camera.width * size / longer)), max(1, round(camera.height * size / longer))
    )
    return render(scene.gaussians.detach(), camera, background=background)


def preview_png(scene: Scene, *, size: int = PREVIEW_SIZE) -> bytes:
    """`preview` as a PNG file on white."""
    return to_png(preview(scene, size=size).color)

"""A picture of a scene without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians, tan
from typing import Protocol

from torch import Tensor

from splat_widgets.rendering import Rendering, render, to_png
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians

PREVIEW_SIZE = 384
"""Longer side in pixels at most: enough to recognise a scene, quick for half a million splats."""
_MAX_ENLARGEMENT = 2  # beyond, a scene of one splat per pixel shows its gaps
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
    size: int | None = None,
    background: Sequence[float] | Tensor = (1.0, 1.0, 1.0),
) -> Rendering:
    """The scene from its first camera; with 60 degrees field of view if that is not known.

    Args:
        scene: a `Reconstruction`.
        size: longer side in pixels; None: twice the photo's crop, `PREVIEW_SIZE` at most.
        background: display RGB.
    """
    camera = scene.cameras[0] if scene.cameras else None
    if camera is None:
        focal_px = PREVIEW_SIZE / 2 / tan(radians(_ASSUMED_FIELD_OF_VIEW_DEG) / 2)
        camera = Camera.centred(focal_px, PREVIEW_SIZE, PREVIEW_SIZE)
    longer = max(camera.width, camera.height)
    factor = (size or min(PREVIEW_SIZE, _MAX_ENLARGEMENT * longer)) / longer
    camera = camera.resized(
        max(1, round(camera.width * factor)), max(1, round(camera.height * factor))
    )
    return render(scene.gaussians.detach(), camera, background=background)


def preview_png(scene: Scene, *, size: int | None = None) -> bytes:
    """`preview` as a PNG file on white."""
    return to_png(preview(scene, size=size).color)

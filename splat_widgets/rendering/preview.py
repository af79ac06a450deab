"""A picture of a scene without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from splat_widgets.rendering.pictures import to_jpeg, to_png
from splat_widgets.rendering.records import Rendering
from splat_widgets.rendering.splatting import render
from splat_widgets.rendering.viewpoint import viewpoint
from splat_widgets.scene.framing import CameraState, pinhole_of
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene, SceneLike

PREVIEW_SIZE = 384
"""Longer side in pixels at most: enough to recognise a scene, quick for half a million splats."""
_MAX_ENLARGEMENT = 2  # a larger scene of one splat per pixel shows its gaps
_STILL_ASPECT = 4 / 3  # about a viewer's in a notebook
_MAX_STILL_GAUSSIANS = 131_072  # of a still: about half a second on a CPU


def preview(
    scene: SceneLike,
    *,
    size: int | None = None,
    background: Sequence[float] | Tensor = (1.0, 1.0, 1.0),
) -> Rendering:
    """The scene from its first camera, or as the viewer first shows it if no camera is known.

    Args:
        scene: what `Scene.of` takes.
        size: longer side in pixels; None: twice the photo's crop, `PREVIEW_SIZE` at most.
        background: display RGB.
    """
    known = Scene.of(scene)
    camera = viewpoint(known)
    longer = max(camera.width, camera.height)
    factor = (size or min(PREVIEW_SIZE, _MAX_ENLARGEMENT * longer)) / longer
    camera = camera.resized(
        max(1, round(camera.width * factor)), max(1, round(camera.height * factor))
    )
    return render(known.gaussians.detach(), camera, background=background)


def preview_png(scene: SceneLike, *, size: int | None = None) -> bytes:
    """`preview` as a PNG file on white."""
    return to_png(preview(scene, size=size).color)


def still_jpeg(scene: SceneLike, state: CameraState) -> bytes:
    """A small picture of a scene as a viewer shows it, as a JPEG file on white.

    Of a large scene only every second Gaussian is drawn, or every third and so on, as much larger.
    """
    known = Scene.of(scene)
    shown = [max(camera.width, camera.height) for camera in known.known_cameras]
    width = min(PREVIEW_SIZE, _MAX_ENLARGEMENT * max(shown, default=PREVIEW_SIZE))
    camera = pinhole_of(state, width, round(width / _STILL_ASPECT))
    gaussians = _thinned(known.gaussians.detach())
    return to_jpeg(render(gaussians, camera, background=(1.0, 1.0, 1.0)).color)


def _thinned(gaussians: Gaussians) -> Gaussians:
    every = -(-len(gaussians) // _MAX_STILL_GAUSSIANS)
    if every <= 1:
        return gaussians
    some = gaussians.select(range(0, len(gaussians), every))
    return replace(some, scales=some.scales * every**0.5)

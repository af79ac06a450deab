"""Records that the viewer's Python and TypeScript share.

`client/src/page/state.gen.ts` is generated from them. Everything is in the world frame of
`splat_widgets.conventions`: OpenCV axes, y down.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.scene.framing import Bounds, CameraState, PinholeCamera

Display = Literal["splats", "points", "ellipsoids"]


class ViewerStatus(TypedDict):
    """What a view on a page is doing; what `viewer.status` holds."""

    phase: Literal["waiting", "empty", "loading", "ready", "lost", "error"]
    view: str  # id of the view that wrote this
    scene: str  # id of the scene it shows
    received: int  # Gaussians that have arrived on the page
    count: int  # Gaussians of the scene
    frame: int  # frames drawn
    sort_ms: float
    frame_ms: float  # from the start of the drawing to the GPU's end of it
    error: str  # empty if there is none


class SceneHeader(TypedDict):
    """What a scene is, sent before its chunks."""

    scene: str  # id; "" for no scene
    count: int
    sh_degree: int
    exact: bool  # float32 everywhere instead of float32 centres and float16 for the rest
    chunks: int
    chunk_splats: int  # of each chunk but the last
    bounds: Bounds
    cameras: list[PinholeCamera]
    camera: CameraState  # the view to begin with

"""Records that the viewer's Python and TypeScript share.

`client/src/page/state.gen.ts` is generated from them. Everything is in the world frame of
`splat_widgets.conventions`: OpenCV axes, y down.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from splat_widgets.scene.framing import Bounds, CameraState, PinholeCamera, Vec3

Display = Literal["splats", "points", "ellipsoids"]
# Whose unit of length a scene has: the user's, the model's guess of metres, or nobody knows.
Metres = Literal["given", "model", "unknown"]


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


class Measured(TypedDict):
    """Two points on the scene's surface; what `viewer.measured` holds."""

    points: list[Vec3]  # world frame
    distance: float
    unit: Literal["m", "units"]  # "units" if nobody knows how large the scene is


class CameraPhoto(TypedDict):
    """What a camera of the header took."""

    number: int  # of the photo, counted from 1
    name: str
    jpeg: str  # base64, the picture of exactly what the camera sees; empty if there is none


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
    photos: list[CameraPhoto]  # one for each camera
    metres: Metres
    camera: CameraState  # the view to begin with

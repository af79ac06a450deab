"""Points, cameras and offsets drawn by pythreejs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pythreejs as three
import torch

from splat_widgets.conventions import OPENCV_TO_THREE
from splat_widgets.geometry.rotations import quaternion
from splat_widgets.inspector.point_set import OFFSET_COLOUR, PointSet, frustum
from splat_widgets.page.still import LeavesStill, Still, StillContent
from splat_widgets.rendering.preview import still_jpeg
from splat_widgets.scene.framing import CameraState, pinhole_of
from splat_widgets.scene.scene import Scene

_CAMERA_COLOUR = "#d55e00"  # one of Okabe and Ito's, safe for colour blindness
_FRUSTUM_DEPTH = 0.15  # of the scene's radius


class PointCloud(LeavesStill, three.Renderer):
    """The picture; a still one follows it at the end of the cell, for places without a kernel."""

    def __init__(self, points: PointSet, state: CameraState, width: int, height: int) -> None:
        """`state` is where the first look is from; `width` and `height` are CSS pixels."""
        self._points = points
        self._first_look = state
        self._kept = Still(self._picture, beside="canvas")
        camera = _camera(state, points.radius, width / height)
        super().__init__(
            camera=camera,
            scene=three.Scene(children=[*_parts(points), camera], background=None),
            controls=[three.OrbitControls(controlling=camera, target=state["target"])],
            alpha=True,
            clearOpacity=0,
            width=width,
            height=height,
        )

    def __repr__(self) -> str:
        return f"PointCloud({self._points!r})"

    def _picture(self) -> StillContent:
        scene = Scene.of(self._points.as_gaussians())
        return StillContent(repr(self), still_jpeg(scene, self._first_look))


def _parts(points: PointSet) -> list[Any]:
    parts = [_cloud(points.means, points.rgb, points.size)]
    if points.cameras:
        depth = _FRUSTUM_DEPTH * points.radius
        lines = np.concatenate([frustum(camera, depth) for camera in points.cameras])
        parts.append(_lines(lines, _CAMERA_COLOUR))
    if len(points.offsets):
        parts.append(_lines(points.offsets, OFFSET_COLOUR))
    return parts


def _cloud(means: np.ndarray, rgb: np.ndarray, size: float) -> Any:
    geometry = three.BufferGeometry(
        attributes={
            "position": three.BufferAttribute(np.ascontiguousarray(means, np.float32)),
            "color": three.BufferAttribute(np.ascontiguousarray(rgb, np.float32)),
        }
    )
    material = three.PointsMaterial(vertexColors="VertexColors", size=size)
    return three.Points(geometry, material)


def _lines(segments: np.ndarray, colour: str) -> Any:
    """Line segments between (M, 2, 3) ends."""
    ends = np.ascontiguousarray(segments.reshape(-1, 3), np.float32)
    geometry = three.BufferGeometry(attributes={"position": three.BufferAttribute(ends)})
    return three.LineSegments(geometry, three.LineBasicMaterial(color=colour))


def _camera(state: CameraState, radius: float, aspect: float) -> Any:
    target, position = np.array(state["target"]), np.array(state["position"])
    # Slightly back: exactly from the origin, where the first camera is, pythreejs draws nothing.
    position += 0.001 * (position - target)
    view: dict[str, Any] = {
        "fov": state["fov_deg"],
        "aspect": aspect,
        "near": 0.001 * radius,
        "far": 100 * radius,
        "position": tuple(position.tolist()),
        "up": state["up"],  # our frame has y down, so three.js must know which way is up
        "quaternion": _towards(state),
    }
    return three.PerspectiveCamera(**view)


def _towards(state: CameraState) -> tuple[float, ...]:
    """Quaternion xyzw of a three.js camera, which looks along its own -z with y up."""
    T_world_opencv = pinhole_of(state, 1, 1).T_world_camera.double()
    R = T_world_opencv[:3, :3] @ torch.from_numpy(OPENCV_TO_THREE[:3, :3])
    w, x, y, z = quaternion(R).tolist()
    return x, y, z, w

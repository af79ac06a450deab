"""A plain point cloud in pythreejs, as a light alternative to the splats.

The labextension of pythreejs draws points and lines, but not Gaussians. It has not been maintained
since 2023 and shows nothing with ipywidgets 7; then a line says so.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np
import torch

from splat_widgets import attributes
from splat_widgets.attributes.colormaps import colours
from splat_widgets.attributes.records import Subject
from splat_widgets.conventions import OPENCV_TO_THREE
from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.geometry.rotations import quaternion
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import CameraState, bounds, initial_state, pinhole_of
from splat_widgets.scene.scene import Scene

MAX_POINTS = 20_000
MAX_ARROWS = 1_000
CAMERA_COLOUR, ARROW_COLOUR = "#d55e00", "#0072b2"  # Okabe and Ito's, safe for colour blindness
_FRUSTUM_DEPTH = 0.15  # of the scene's radius


def points(
    scene: Any,
    color_by: str = "",
    *,
    max_points: int = MAX_POINTS,
    colormap: str = "",
    color_range: Sequence[float] | None = None,
    point_size: float | None = None,
    cameras: bool = True,
    offsets: bool = False,
    width: int = 640,
    height: int = 480,
) -> ipywidgets.Widget:
    """The centres as points: drag turns, the wheel zooms, right-drag moves.

    Args:
        scene: what `Scene.of` takes.
        color_by: attribute that colours the points; "" for the Gaussians' own colours.
        max_points: larger scenes are thinned evenly to this many points.
        colormap: as in `Inspector`; "" for the attribute's own.
        color_range: (low, high); None for the attribute's own.
        point_size: scene units; by default it follows from the size of the scene.
        cameras: draw the input cameras.
        offsets: draw lines from points to the centres that the Gaussian head moved them to, for
            evenly chosen points; the scene must come from photos.
        width: in CSS pixels.
        height: in CSS pixels.

    Returns:
        A widget: the picture, or a line that says why it is missing.

    Raises:
        TypeError: if it is not a scene.
        AttributeError: for offsets of a scene without photos.
        ValueError: for a number that is not allowed, or a scene without a finite centre.
        AttributeLookupError: for an attribute that the scene does not have.
    """
    if max_points < 1:
        raise ValueError(f"expected max_points of at least 1, got {max_points}")
    known = Scene.of(scene)
    under = known.points if offsets else None
    problem = missing()
    if problem is not None:
        return ipywidgets.HTML(f"<p role='status'>{html.escape(problem)}</p>")
    means = known.means.detach().cpu().float().numpy()
    finite = np.flatnonzero(np.isfinite(means).all(1))
    if not len(finite):
        raise ValueError("expected a scene with finite centres, got none")
    chosen = thinned(finite, max_points)
    ball = bounds(means[finite])
    size = 0.006 * ball["radius"] if point_size is None else point_size
    parts = [_cloud(means[chosen], _colours(known, color_by, colormap, color_range)[chosen], size)]
    if cameras and known.known_cameras:
        depth = _FRUSTUM_DEPTH * ball["radius"]
        lines = np.concatenate([frustum(camera, depth) for camera in known.known_cameras])
        parts.append(_lines(lines, CAMERA_COLOUR))
    if under is not None:
        rows = thinned(chosen, MAX_ARROWS)
        base = under.detach().cpu().float().numpy()[rows]
        parts.append(_lines(np.stack([base, means[rows]], 1), ARROW_COLOUR))
    return _renderer(parts, means[finite], known.known_cameras, ball["radius"], width, height)


def missing() -> str | None:
    """Why pythreejs can draw nothing here, as far as the kernel can tell; None if it can."""
    major = int(str(ipywidgets.__version__).split(".")[0])
    if major < 8:
        return (
            f"The point cloud is not shown: pythreejs 2.4 needs ipywidgets 8, and this is "
            f"{ipywidgets.__version__}. The splats need neither: use sw.inspect(scene)."
        )
    try:
        import pythreejs  # noqa: F401
    except Exception as error:  # an old binary dependency may fail in any way
        return f"The point cloud is not shown: pythreejs cannot be imported ({error})."
    return None


def thinned(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of some rows, evenly spread over them, in their order."""
    if len(rows) <= count:
        return rows
    return rows[np.arange(count) * len(rows) // count]


def frustum(camera: Camera, depth: float) -> np.ndarray:
    """(8, 2, 3) lines of a camera: from its centre to the corners of its picture, and around it.

    Args:
        camera: where and how.
        depth: distance of the drawn picture from the centre, scene units.
    """
    T = camera.T_world_camera.detach().cpu().double().numpy()
    cx, cy = camera.principal_point_px
    x = (np.array([0, camera.width, camera.width, 0]) - cx) / camera.focal_px
    y = (np.array([0, 0, camera.height, camera.height]) - cy) / camera.focal_px
    corners = depth * np.stack([x, y, np.ones(4)], -1) @ T[:3, :3].T + T[:3, 3]
    center = np.broadcast_to(T[:3, 3], (4, 3))
    rays = np.stack([center, corners], 1)
    around = np.stack([corners, np.roll(corners, -1, axis=0)], 1)
    return np.concatenate([rays, around])


def _colours(
    scene: Scene, color_by: str, colormap: str, color_range: Sequence[float] | None
) -> np.ndarray:
    """(N, 3) float32 in [0, 1]."""
    if not color_by:
        gaussians = Subject.of(scene).gaussians
        own = evaluate(gaussians.sh[:, :1], gaussians.means)
        return own.clamp(0, 1).nan_to_num(0.5).cpu().numpy().astype(np.float32)
    attribute = attributes.get(color_by, scene)
    values = attributes.values(scene, color_by)
    low, high = attributes.limits(attribute, values) if color_range is None else color_range
    return colours(values, colormap or attribute.colormap, low, high)


def _cloud(means: np.ndarray, rgb: np.ndarray, size: float) -> Any:
    import pythreejs as three

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
    import pythreejs as three

    ends = np.ascontiguousarray(segments.reshape(-1, 3), np.float32)
    geometry = three.BufferGeometry(attributes={"position": three.BufferAttribute(ends)})
    return three.LineSegments(geometry, three.LineBasicMaterial(color=colour))


def _renderer(
    parts: Sequence[Any],
    means: np.ndarray,
    cameras: Sequence[Camera],
    radius: float,
    width: int,
    height: int,
) -> Any:
    import pythreejs as three

    state = initial_state(means, cameras)
    target, position = np.array(state["target"]), np.array(state["position"])
    # Slightly back: exactly from the origin, where the first camera is, pythreejs draws nothing.
    position += 0.001 * (position - target)
    view: dict[str, Any] = {
        "fov": state["fov_deg"],
        "aspect": width / height,
        "near": 0.001 * radius,
        "far": 100 * radius,
        "position": tuple(position.tolist()),
        "up": state["up"],  # our frame has y down, so three.js must know which way is up
        "quaternion": _towards(state),
    }
    camera = three.PerspectiveCamera(**view)
    return three.Renderer(
        camera=camera,
        scene=three.Scene(children=[*parts, camera], background=None),
        controls=[three.OrbitControls(controlling=camera, target=state["target"])],
        alpha=True,
        clearOpacity=0,
        width=width,
        height=height,
    )


def _towards(state: CameraState) -> tuple[float, ...]:
    """Quaternion xyzw of a three.js camera, which looks along its own -z with y up."""
    T_world_opencv = pinhole_of(state, 1, 1).T_world_camera.double()
    R = T_world_opencv[:3, :3] @ torch.from_numpy(OPENCV_TO_THREE[:3, :3])
    w, x, y, z = quaternion(R).tolist()
    return x, y, z, w

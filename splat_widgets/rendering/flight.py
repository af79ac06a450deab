"""A flight past saved cameras as a video: one smooth path, evenly fast."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.geometry.rotations import quaternion, rotation_matrix
from splat_widgets.rendering.paths import DEFAULT_SIZE_PX, turntable
from splat_widgets.rendering.progress import Progress
from splat_widgets.rendering.video import write_video
from splat_widgets.rendering.viewpoint import Size, viewpoint
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import CameraState, check_state, pinhole_of
from splat_widgets.scene.scene import Scene, SceneLike

MAX_FRAMES = 36_000  # ten minutes at 60 a second

View = Camera | Mapping[str, Any]
"""A camera, or a view as `viewer.camera` and `viewer.saved_cameras` hold it."""


def film(
    scene: SceneLike,
    path: str | os.PathLike[str],
    cameras: Sequence[View] | None = None,
    *,
    seconds: float = 6.0,
    size: Size | None = None,
    fps: float = 24.0,
    background: Sequence[float] | Tensor = (1.0, 1.0, 1.0),
    progress: Progress | Literal[False] | None = None,
) -> Path:
    """Fly past cameras and write what is seen as a video; see `write_video` for its formats.

    Interrupting the kernel stops it within a frame and leaves no file.

    Args:
        scene: what `Scene.of` takes.
        path: where to write; it ends in .mp4, .webm, .gif or .webp.
        cameras: at least two, such as `viewer.saved_cameras`; None: the photos' cameras, or a swing
            around a scene that has fewer than two.
        seconds: of the whole flight.
        size: longer side of the pictures, or (width, height), in pixels; sides are made even. None:
            512, in the shape of the first camera's picture.
        fps: frames in a second.
        background: display RGB in [0, 1] behind everything.
        progress: None shows a bar, False nothing; a function is called with the number of frames
            that are done and of all, and an exception from it stops the writing, without a file.

    Returns:
        The path.

    Raises:
        TypeError: if one of them is not a camera, or for something else than a scene.
        ValueError: for fewer than two cameras, and times, sizes or names that no video has.
        OSError: if the file cannot be written.
    """
    known = Scene.of(scene)
    num_frames = _num_frames(seconds, fps)
    given = known.known_cameras if cameras is None else tuple(cameras)
    if cameras is not None and len(given) < 2:
        raise ValueError(
            f"expected at least two cameras to fly past, got {len(given)}; save more in the viewer "
            "with its bookmark, or leave `cameras` out for the photos' own"
        )
    if len(given) < 2:
        longer = size if size is None or isinstance(size, int) else max(size)
        views = turntable(known, num_frames=num_frames, size=longer)
    else:
        views = through(_sized(known, given, size), num_frames)
    return write_video(path, known, views, fps=fps, background=background, progress=progress)


def through(cameras: Sequence[Camera], num_frames: int) -> tuple[Camera, ...]:
    """Cameras on a smooth path past others, the first and last included.

    Positions, turns and lenses follow a cubic Hermite spline whose tangents are those of the
    parabola through three neighbours (Catmull-Rom with knots). A piece takes as long as it is wide:
    its part of the way plus its part of the turning.

    Args:
        cameras: at least two, with pictures of one size.
        num_frames: how many, at least 2.
    """
    T = torch.stack([camera.T_world_camera.detach().cpu().double() for camera in cameras])
    lenses = [(camera.focal_px, *camera.principal_point_px) for camera in cameras]
    turns = quaternion(T[:, :3, :3])
    for k in range(1, len(turns)):  # the same turn has two quaternions: the nearer one
        if turns[k] @ turns[k - 1] < 0:
            turns[k] = -turns[k]
    values = torch.cat([T[:, :3, 3], turns, T.new_tensor(lenses)], -1)  # (K, 10)
    knots = _knots(T[:, :3, 3], turns)
    slopes = _slopes(values, knots)
    cameras_made = []
    for time in torch.linspace(0, float(knots[-1]), num_frames, dtype=T.dtype, device="cpu"):
        one = _hermite(values, slopes, knots, time)
        pose = torch.eye(4, dtype=T.dtype, device="cpu")
        pose[:3, :3], pose[:3, 3] = rotation_matrix(one[3:7]), one[:3]
        focal, x, y = one[7:].tolist()
        first = cameras[0]
        cameras_made.append(Camera(pose, focal, (x, y), first.width, first.height))
    return tuple(cameras_made)


def _knots(places: Tensor, turns: Tensor) -> Tensor:
    """(K,) times at which the cameras are passed, from 0."""
    way = (places[1:] - places[:-1]).norm(dim=1)
    angle = (turns[1:] - turns[:-1]).norm(dim=1)
    steps = way / way.sum().clamp_min(1e-12) + angle / angle.sum().clamp_min(1e-12)
    steps = steps.clamp_min(1e-3)  # a camera that is saved twice is rested at
    return F.pad(steps.cumsum(0), (1, 0))


def _slopes(values: Tensor, knots: Tensor) -> Tensor:
    """(K, D) derivatives at the knots."""
    steps = (knots[1:] - knots[:-1])[:, None]
    rises = (values[1:] - values[:-1]) / steps
    inner = (steps[1:] * rises[:-1] + steps[:-1] * rises[1:]) / (steps[1:] + steps[:-1])
    return torch.cat([rises[:1], inner, rises[-1:]])


def _hermite(values: Tensor, slopes: Tensor, knots: Tensor, time: Tensor) -> Tensor:
    """(D,) the spline at a time."""
    k = int(torch.searchsorted(knots, time, right=True).clamp(1, len(knots) - 1)) - 1
    width = knots[k + 1] - knots[k]
    t = (time - knots[k]) / width
    rest = (1 - t) ** 2
    ends = (1 + 2 * t) * rest * values[k] + t * t * (3 - 2 * t) * values[k + 1]
    return ends + width * (t * rest * slopes[k] + t * t * (t - 1) * slopes[k + 1])


def _num_frames(seconds: float, fps: float) -> int:
    if not (0 < seconds < float("inf") and 0 < fps < float("inf")):
        raise ValueError(f"expected seconds and fps above 0, got {seconds} and {fps}")
    count = max(2, round(seconds * fps))
    if count > MAX_FRAMES:
        raise ValueError(f"expected at most {MAX_FRAMES:,} frames, got {count:,}")
    return count


def _sized(scene: Scene, views: Sequence[View], size: Size | None) -> list[Camera]:
    """The views as cameras with pictures of one size, its sides even."""
    first = next((one for one in views if isinstance(one, Camera)), None)
    across, down = (4, 3) if first is None else (first.width, first.height)
    if isinstance(size, tuple | list):
        wanted = viewpoint(scene, first, size)  # checks it
        across, down = wanted.width, wanted.height
        longer = max(across, down)
    else:
        if size is not None:
            viewpoint(scene, first, size)  # checks it
        longer = DEFAULT_SIZE_PX if size is None else size
    share = longer / max(across, down)
    width, height = (max(2, 2 * round(side * share / 2)) for side in (across, down))
    return [
        viewpoint(scene, one, (width, height))
        if isinstance(one, Camera)
        else pinhole_of(_state(one), width, height)
        for one in views
    ]


def _state(view: object) -> CameraState:
    if not isinstance(view, Mapping):
        raise TypeError(
            f"expected cameras, or views such as `viewer.camera`, got {type(view).__name__}"
        )
    return check_state(dict(view))

"""How the scenes of a comparison stand to each other: one camera for all, in the first one's frame.

Each reconstruction has the frame of its own first photo. The scenes stay as they are; the camera
is carried from one frame to the next, so that a photo that two scenes share has one camera in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from splat_widgets.comparison.pixels import PixelMatch
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import CameraState, Vec3
from splat_widgets.scene.joining import check_frame
from splat_widgets.scene.scene import Scene

Align = Literal["camera", "size", "none"]
_SAME_SIZE = 5e-4  # relative; three digits do not show it
_FEW = 16  # pixels; fewer say nothing about sizes


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where a scene stands in the frame of the first."""

    T_scene_first: np.ndarray  # (4, 4) float64, a similarity: rotation, one scale, translation
    sentence: str  # how it was found, for the user; empty if both have one frame

    @property
    def scale(self) -> float:
        """Units of the scene to one unit of the first."""
        return float(np.cbrt(np.linalg.det(self.T_scene_first[:3, :3])))

    def state(self, state: CameraState) -> CameraState:
        """A view of the first scene as one of this scene."""
        return moved(state, self.T_scene_first)

    def first_state(self, state: CameraState) -> CameraState:
        """A view of this scene as one of the first."""
        return moved(state, np.linalg.inv(self.T_scene_first))

    def camera(self, camera: Camera) -> Camera:
        """A camera of the first scene as one of this scene."""
        T = self.T_scene_first @ camera.T_world_camera.detach().cpu().double().numpy()
        T[:3, :3] /= self.scale
        pose = torch.from_numpy(T.astype(np.float32))
        x, y = camera.principal_point_px
        return Camera(pose, camera.focal_px, (x, y), camera.width, camera.height)


def moved(state: CameraState, T: np.ndarray) -> CameraState:
    """A camera state in another frame; the twin of `moved` in `client/src/comparison/frames.ts`.

    Args:
        state: in the old frame.
        T: (4, 4) similarity from the old frame to the new one.
    """
    linear, origin = T[:3, :3], T[:3, 3]
    up = linear @ np.array(state["up"])
    return {
        "position": _vec3(linear @ np.array(state["position"]) + origin),
        "target": _vec3(linear @ np.array(state["target"]) + origin),
        "up": _vec3(up * np.linalg.norm(state["up"]) / np.linalg.norm(up)),
        "fov_deg": state["fov_deg"],
    }


def aligned(
    first: Scene, second: Scene, match: PixelMatch, names: Sequence[str], how: Align
) -> Alignment:
    """Where the second scene stands in the frame of the first.

    Args:
        first: whose frame is that of the comparison.
        second: the other one.
        match: their pixels.
        names: of the two, for the sentence.
        how: "camera": the first photo that both have, with a camera in each, has one pose; "size":
            so, too, and the depths of its pixels have one median; "none": numbers as they are.
    """
    if how not in get_args(Align):
        raise ValueError(f"expected align as one of {', '.join(get_args(Align))}, got {how!r}")
    T, (one, other) = np.eye(4), names
    if how == "none":
        return Alignment(T, f"“{other}” is drawn with its own numbers, not aligned with “{one}”.")
    pair = _shared_cameras(first, second, match)
    if pair is None:
        return Alignment(T, "" if _say_one_frame(first, second) else _unknown(one, other))
    view, number = pair
    here, there = (_pose(first.cameras[view]), _pose(second.cameras[number]))
    size, told = 1.0, _units(first, second)
    if how == "size":
        size = _relative_size(first, second, match, view, number)
        told = ""
    if abs(size - 1) > _SAME_SIZE:
        told = f" It is {size:.3g} times as large: the depths of that photo have one median here."
    T = there @ np.diag([size, size, size, 1.0]) @ np.linalg.inv(here)
    if np.allclose(T, np.eye(4), atol=1e-6):
        return Alignment(np.eye(4), told.strip())
    photo = second.photos[number].name
    return Alignment(
        T,
        f"“{other}” has a frame of its own; it is drawn so that the camera of {photo} is where “"
        f"{one}” has it.{told}",
    )


def _shared_cameras(first: Scene, second: Scene, match: PixelMatch) -> tuple[int, int] | None:
    """Numbers of the first photo that both have with a camera: in the first, in the second."""
    pairs = [(view, number) for number, view in enumerate(match.views) if view is not None]
    for view, number in sorted(pairs):
        if first.cameras[view] is not None and second.cameras[number] is not None:
            return view, number
    return None


def _relative_size(first: Scene, second: Scene, match: PixelMatch, view: int, number: int) -> float:
    """Depth in the second scene over that in the first: the median of a photo's pixels."""
    here = (second.view.cpu().numpy() == number) & (match.rows >= 0)
    rows = match.rows[here]
    depth = [
        camera.to_camera(scene.means.detach().cpu().float()[index])[:, 2].numpy()
        for scene, camera, index in (
            (first, first.cameras[view], rows),
            (second, second.cameras[number], np.flatnonzero(here)),
        )
        if camera is not None
    ]
    good = (depth[0] > 0) & (depth[1] > 0)
    if np.count_nonzero(good) < _FEW:
        raise ValueError(
            f"expected at least {_FEW} pixels that both scenes have before their cameras for "
            'align="size", got fewer; use align="camera"'
        )
    return float(np.median(depth[1][good] / depth[0][good]))


def _say_one_frame(first: Scene, second: Scene) -> bool:
    if first.record is second.record:
        return True
    try:
        check_frame(first.cameras, second.cameras)
    except ValueError:
        return False
    return True


def _unknown(one: str, other: str) -> str:
    return (
        f"Nothing says how “{other}” stands to “{one}”: they share no photo with a camera in both. "
        "Each is drawn with its own numbers."
    )


def _units(first: Scene, second: Scene) -> str:
    if first.metres == second.metres:
        return ""
    words = {"given": "measured metres", "model": "a model's guess of metres"}
    one, other = (words.get(scene.metres, "unknown") for scene in (first, second))
    return f' Their units of length differ ({one}; {other}): align="size" makes them one.'


def _pose(camera: Camera | None) -> np.ndarray:
    assert camera is not None  # `_shared_cameras` chose it
    return camera.T_world_camera.detach().cpu().double().numpy()


def _vec3(values: np.ndarray) -> Vec3:
    x, y, z = (float(value) for value in values)
    return x, y, z

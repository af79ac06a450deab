"""Two scenes in one: only where both say the same frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from splat_widgets.scene.cameras import Camera

_WAY = (
    "where you know that they share one, `sw.Scene(a.gaussians + b.gaussians)` joins them; "
    "`b.gaussians.transformed(T_a_b)` moves them there first"
)


def check_frame(first: Sequence[Camera | None], second: Sequence[Camera | None]) -> None:
    """Whether the cameras of two scenes say that both have one frame and unit of length.

    Each reconstruction has the frame of its own first camera, so that all cameras must agree.

    Raises:
        ValueError: if they do not, or if one of the scenes has no cameras.
    """
    if not (any(first) and any(second)):
        raise ValueError(
            "expected two scenes that say the same frame, got one without cameras (a .ply keeps "
            f"none); {_WAY}"
        )
    if len(first) != len(second) or not all(map(_agree, first, second)):
        raise ValueError(
            "expected two scenes that say the same frame, as parts of one scene do, got other "
            f"cameras: each reconstruction has the frame of its own first photo; {_WAY}"
        )


def _agree(one: Camera | None, other: Camera | None) -> bool:
    if one is other or one is None or other is None:
        return one is other
    pose, other_pose = (c.T_world_camera.detach().cpu().double() for c in (one, other))
    # Fields of view, not pixels: the grid of a photo's Gaussians may differ.
    views = [camera.focal_px / camera.width for camera in (one, other)]
    return (
        torch.allclose(pose, other_pose, atol=1e-6) and abs(views[0] - views[1]) < 1e-6 * views[0]
    )

"""Cameras of a request as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from splat_widgets.scene.cameras import Camera


def camera_json(camera: Camera) -> dict[str, Any]:
    """The JSON of a camera."""
    return {
        "T_world_camera": camera.T_world_camera.double().tolist(),
        "focal_px": float(camera.focal_px),
        "principal_point_px": [float(value) for value in camera.principal_point_px],
        "width": camera.width,
        "height": camera.height,
    }


def camera_of(value: Mapping[str, Any]) -> Camera:
    """The camera of a JSON.

    Raises:
        ValueError: for anything else than `camera_json` gives.
    """
    try:
        x, y = value["principal_point_px"]
        return Camera(
            torch.tensor(value["T_world_camera"], dtype=torch.float64),
            float(value["focal_px"]),
            (float(x), float(y)),
            value["width"],
            value["height"],
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            "expected each of `cameras` with T_world_camera (4, 4), focal_px, "
            f"principal_point_px, width and height, got another value ({error})"
        ) from error

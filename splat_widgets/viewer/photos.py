"""The photos of a scene's cameras, small enough to travel with its header."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.records import CameraPhoto

SIDE_PX = 256  # at most: ten photos make a header of about 200 KB
QUALITY = 85


def camera_photos(scene: Scene) -> list[CameraPhoto]:
    """The photo of each known camera, in their order; without pictures for Gaussians alone."""
    numbers = [k for k, camera in enumerate(scene.cameras) if camera is not None]
    photos = scene.photos if scene.has("photos") else ()
    return [
        numbered(number + 1, photos[number].name, _jpeg(photos[number].pixels))
        if number < len(photos)
        else numbered(number + 1)
        for number in numbers
    ]


def numbered(number: int, name: str = "", jpeg: bytes = b"") -> CameraPhoto:
    """The record of a photo; without its picture by default."""
    return {"number": number, "name": name, "jpeg": base64.b64encode(jpeg).decode("ascii")}


def _jpeg(pixels: np.ndarray) -> bytes:
    """(H, W, 3) uint8 pixels as a small file."""
    image = Image.fromarray(pixels)
    image.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()

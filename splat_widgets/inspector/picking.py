"""All numbers of one Gaussian, its axes, and its pixel on the photo."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from splat_widgets import attributes
from splat_widgets.attributes.records import Subject
from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.inspector.channels import png
from splat_widgets.inspector.records import PickedAnswer, PickedPixel, StackEntry
from splat_widgets.scene.framing import Vec3
from splat_widgets.scene.scene import Scene

logger = logging.getLogger(__name__)

CROP_RADIUS_PX = 16
CROP_ENLARGEMENT = 6
# Vectorised loops round full vectors and single numbers differently; this many fill a vector.
_COPIES = 64


def nothing(problem: str = "") -> PickedAnswer:
    """The answer when nothing is picked."""
    return {
        "index": -1,
        "wire": -1,
        "center": (0.0, 0.0, 0.0),
        "axes": [],
        "values": {},
        "source": None,
        "stack": [],
        "problem": problem,
    }


def answer(
    scene: Scene, index: int, order: np.ndarray, stack: Sequence[tuple[int, float]] = ()
) -> tuple[PickedAnswer, list[bytes]]:
    """A Gaussian in numbers, and the PNG of its surroundings on the photo, if it has one.

    Args:
        scene: whose Gaussian.
        index: row in the scene.
        order: (M,) row of the scene of each splat on the wire.
        stack: (place on the wire, weight) of what is under the pointer.
    """
    gaussians = Subject.of(scene).gaussians
    wire = np.flatnonzero(order == index)
    axes = rotation_matrix(gaussians.quaternions[index]) * gaussians.scales[index]
    found: PickedAnswer = {
        "index": index,
        "wire": int(wire[0]) if len(wire) else -1,
        "center": _vec3(gaussians.means[index].tolist()),
        "axes": [_vec3(row) for row in axes.tolist()],
        "values": {
            name: value if math.isfinite(value) else None
            for name, value in values_of(scene, index).items()
        },
        "source": None,
        "stack": [
            StackEntry(wire=place, index=int(order[place]), weight=weight)
            for place, weight in stack
            if 0 <= place < len(order)
        ],
        "problem": "",
    }
    if not scene.has("photos"):
        return found, []
    pixel = scene.source_pixel(index)
    found["source"] = PickedPixel(
        view=pixel.view,
        row=pixel.row,
        col=pixel.col,
        photo=pixel.photo,
        x=pixel.x,
        y=pixel.y,
    )
    return found, [crop(scene.photos[pixel.view].pixels, pixel.row, pixel.col)]


def values_of(scene: Scene, index: int) -> dict[str, float]:
    """Every attribute of one Gaussian that is not slow: float32 values by name.

    A built-in formula uses one Gaussian at a time, so it runs on this one alone. A user's formula
    may use all of them, so it runs on the whole scene.
    """
    one = scene.select([index] * _COPIES)
    found = {}
    for attribute in attributes.available(scene):
        if attribute.slow:
            continue
        if attribute.source == "user":
            found[attribute.name] = _own_value(scene, attribute.name, index)
        else:
            found[attribute.name] = float(attributes.values(one, attribute.name)[0])
    return found


def _own_value(scene: Scene, name: str, index: int) -> float:
    """The value of a user's attribute; NaN if the formula raises."""
    try:
        return float(attributes.values(scene, name)[index])
    except Exception as error:
        logger.warning("%r cannot be computed: %s", name, error)
        return math.nan


def crop(pixels: np.ndarray, row: int, col: int) -> bytes:
    """PNG of the surroundings of a pixel, enlarged, with a frame around the pixel.

    Args:
        pixels: (H, W, 3) uint8.
        row: of the pixel.
        col: of the pixel.
    """
    height, width = pixels.shape[:2]
    top, left = max(0, row - CROP_RADIUS_PX), max(0, col - CROP_RADIUS_PX)
    bottom, right = min(height, row + CROP_RADIUS_PX + 1), min(width, col + CROP_RADIUS_PX + 1)
    factor = CROP_ENLARGEMENT
    part = Image.fromarray(pixels[top:bottom, left:right])
    part = part.resize((part.width * factor, part.height * factor), Image.Resampling.NEAREST)
    x, y = (col - left) * factor, (row - top) * factor
    draw = ImageDraw.Draw(part)
    # A black and a white frame: one of them can be seen on any photo.
    draw.rectangle((x - 2, y - 2, x + factor + 1, y + factor + 1), outline="black")
    draw.rectangle((x - 1, y - 1, x + factor, y + factor), outline="white")
    return png(np.asarray(part))


def _vec3(values: Sequence[float]) -> Vec3:
    x, y, z = (float(value) for value in values)
    return x, y, z

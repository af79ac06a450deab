"""Names and numbers of a glTF with Gaussians, for reader and writer."""

from __future__ import annotations

import numpy as np

EXTENSION = "KHR_gaussian_splatting"
ROTATION, SCALE, OPACITY = (f"{EXTENSION}:{name}" for name in ("ROTATION", "SCALE", "OPACITY"))
COLOR_SPACE = "srgb_rec709_display"
MAGIC, JSON_CHUNK, BIN_CHUNK = b"glTF", 0x4E4F534A, 0x004E4942
POINTS, FLOAT, BYTE = 0, 5126, 5121
COMPONENTS = {
    5120: np.dtype("i1"),
    5121: np.dtype("u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def coefficient(number: int) -> str:
    """Name of a coefficient of all bands, from 0 on."""
    degree = int(number**0.5)
    return f"{EXTENSION}:SH_DEGREE_{degree}_COEF_{number - degree * degree}"

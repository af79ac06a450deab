"""Writes `.ksplat` files as their viewer describes them; there is no other writer of all levels."""

from __future__ import annotations

import struct

import numpy as np

from splat_widgets.conventions import SH_C0
from splat_widgets.scene.gaussians import Gaussians

BUCKET = 16  # rows; the last one is partly filled
BLOCK = 16.0  # side of a bucket's cube
STEPS = 32_767
LOW, HIGH = -1.0, 1.0


def file(gaussians: Gaussians, level: int) -> bytes:
    """Two sections: the first half of the Gaussians, and the rest."""
    half = len(gaussians) // 2
    parts = [_section(gaussians[:half], level), _section(gaussians[half:], level)]
    header = bytearray(4096)
    count = len(gaussians)
    struct.pack_into("<BBxxIIIIH", header, 0, 0, 1, 2, 2, count, count, level)
    struct.pack_into("<ff", header, 36, LOW, HIGH)
    return bytes(header) + b"".join(p[0] for p in parts) + b"".join(p[1] for p in parts)


def _section(part: Gaussians, level: int) -> tuple[bytes, bytes]:
    count, values = len(part), part.to_numpy()
    full, rest = divmod(count, BUCKET)
    buckets = full + bool(rest)
    header = bytearray(1024)
    packed = (count, count, BUCKET, buckets, BLOCK, 12, STEPS, 0, full, bool(rest), part.sh_degree)
    struct.pack_into("<IIIIfHxxIIIIH", header, 0, *packed)
    middles = np.array(
        [values["means"][n * BUCKET : (n + 1) * BUCKET].mean(0) for n in range(buckets)], "<f4"
    )
    data = struct.pack("<I", rest) * bool(rest) + middles.tobytes()
    for row in range(count):
        data += _row({name: array[row] for name, array in values.items()}, middles, row, level)
    return bytes(header), data


def _row(values: dict[str, np.ndarray], middles: np.ndarray, row: int, level: int) -> bytes:
    wide = "<f4" if level == 0 else "<f2"
    center = values["means"].astype("<f4").tobytes()
    if level:
        steps = (values["means"] - middles[row // BUCKET]) / (BLOCK / 2) * STEPS + STEPS
        center = steps.round().astype("<u2").tobytes()
    color = np.append(0.5 + SH_C0 * values["sh"][0], values["opacities"])
    sh, rest = values["sh"], b""
    for degree in range(1, int(len(sh) ** 0.5)):
        band = sh[degree**2 : (degree + 1) ** 2].T.ravel()  # all of red, then green, then blue
        if level == 2:
            rest += ((band - LOW) / (HIGH - LOW) * 255).round().clip(0, 255).astype("u1").tobytes()
        else:
            rest += band.astype(wide).tobytes()
    return b"".join(
        [
            center,
            values["scales"].astype(wide).tobytes(),
            values["quaternions"].astype(wide).tobytes(),
            (color * 255).round().clip(0, 255).astype("u1").tobytes(),
            rest,
        ]
    )

"""Quaternions in 32 bits, as `.spz` has them: the largest component is left out, and follows.

Two bits name the largest component; the three others have a sign and 9 bits each. None of them is
larger than √½.
"""

from __future__ import annotations

import numpy as np

_LARGEST = np.sqrt(0.5)
_STEPS = 2**9 - 1


def pack(quaternions: np.ndarray) -> np.ndarray:
    """(N,) uint32 of (N, 4) unit quaternions, in the order of their components."""
    largest = np.abs(quaternions).argmax(axis=1)
    signs = np.sign(np.take_along_axis(quaternions, largest[:, None], axis=1))
    turned = quaternions * signs  # so that the largest is positive, which is the same rotation
    packed = largest.astype(np.uint32)
    for axis in range(4):
        part = turned[:, axis]
        steps = (np.abs(part) * (_STEPS / _LARGEST)).round().clip(0, _STEPS).astype(np.uint32)
        bits = steps | ((part < 0).astype(np.uint32) << np.uint32(9))
        packed = np.where(axis == largest, packed, (packed << np.uint32(10)) | bits)
    return packed


def unpack(packed: np.ndarray) -> np.ndarray:
    """(N, 4) float32 unit quaternions of (N,) uint32."""
    largest = (packed >> np.uint32(30)).astype(np.intp)
    rest = packed.astype(np.uint32)
    parts = np.zeros((len(packed), 4), np.float32)
    for axis in (3, 2, 1, 0):
        steps = (rest & np.uint32(_STEPS)).astype(np.float32)
        signs = np.where(rest & np.uint32(2**9), -1, 1)
        is_there = axis != largest
        parts[:, axis] = np.where(is_there, steps * signs * np.float32(_LARGEST / _STEPS), 0)
        rest = np.where(is_there, rest >> np.uint32(10), rest)
    missing = np.sqrt((1 - (parts.astype(np.float64) ** 2).sum(axis=1)).clip(0))
    np.put_along_axis(parts, largest[:, None], missing[:, None].astype(np.float32), axis=1)
    return parts

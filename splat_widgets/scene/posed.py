"""Cameras as files give them: inner geometry with a lens, and a pose that is a rigid motion."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

ROTATION_TOLERANCE = 1e-3
"""Files have few digits; a matrix whose axes are stretched by more than this is not a rotation."""


@dataclass(frozen=True)
class Intrinsics:
    """The inner geometry of a camera, for a picture of `width` x `height`."""

    focal_px: tuple[float, float]  # along x and y
    principal_point_px: tuple[float, float]  # x, y
    width: int  # pixels
    height: int  # pixels
    distortion: tuple[float, ...] = ()  # OpenCV's k1 k2 p1 p2 k3; empty for a pinhole


def rigid(values: object, where: str, *, advice: str = "") -> np.ndarray:
    """(4, 4) float64 rigid motion, with an exact rotation, of a matrix with few digits.

    Args:
        values: 4 x 4 or 3 x 4 numbers.
        where: begins the message of an error.
        advice: ends the message for axes that are stretched.

    Raises:
        ValueError: for another shape, NaN, or axes that are not orthonormal and right-handed.
    """
    try:
        matrix = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where} is not a matrix of numbers") from error
    if matrix.shape == (3, 4):
        matrix = np.vstack([matrix, [0, 0, 0, 1]])
    if matrix.shape != (4, 4):
        raise ValueError(f"{where}: expected 4 x 4 numbers, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{where}: expected finite numbers, got {short(matrix.tolist())}")
    if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
        raise ValueError(f"{where}: expected the last row 0 0 0 1, got {matrix[3].tolist()}")
    U, stretch, Vt = np.linalg.svd(matrix[:3, :3])
    if np.abs(stretch - 1).max() > ROTATION_TOLERANCE or np.linalg.det(U @ Vt) < 0:
        raise ValueError(
            f"{where}: expected a rotation in its first three columns (orthonormal, right-handed), "
            f"got axes stretched by {np.round(stretch, 3).tolist()} and determinant "
            f"{np.linalg.det(matrix[:3, :3]):.3f}{advice}"
        )
    matrix[:3, :3] = U @ Vt
    return matrix


def plain_stem(name: str) -> str:
    """A photo's name without ending, in letters that every program's lists of files take.

    COLMAP's text files end a name at a space, and names of uploads are foreign text.
    """
    stem = name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    stem = stem.rsplit(".", 1)[0] if stem.rpartition(".")[0] else stem
    return re.sub(r"[^\w-]+", "_", stem).strip("_")[:64] or "photo"


def short(value: object) -> str:
    """A value for a message, at most 80 characters."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"

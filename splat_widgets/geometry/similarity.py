"""Similarities: a rotation, one scale and a translation, as a 4x4 matrix on columns of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

STRETCH = 1e-4
"""Relative difference between the scales of two axes from which on a matrix shears."""
_THIN = 1e-3  # a triangle's height over its length from which on its points are on a line
_ALIKE = 0.25  # residual over extent from which on two sets of points have different shapes
_WAY = (
    "Gaussians keep their meaning under a rotation, one positive scale and a translation alone; "
    "`scene.moved`, `scene.turned` and `scene.scaled` make such transforms"
)


def checked(given: Any) -> Tensor:
    """(4, 4) float64 of a similarity; a tensor stays in its graph and on its device.

    Raises:
        ValueError: for another shape, numbers that are not finite, and transforms that shear,
            mirror, flatten, project or scale unevenly.
    """
    try:
        # from_numpy: torch's default device has no say
        T = given if isinstance(given, Tensor) else torch.from_numpy(np.array(given, np.float64))
        T = T.to(torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"expected a 4x4 transform of numbers, got {given!r}") from error
    if tuple(T.shape) != (4, 4):
        raise ValueError(f"expected a 4x4 transform, got {tuple(T.shape)}")
    if not T.isfinite().all():
        raise ValueError("expected a transform of finite numbers, got NaN or infinity")
    if not torch.equal(T[3], T.new_tensor([0, 0, 0, 1])):
        raise ValueError(f"expected the last row 0 0 0 1, got {T[3].tolist()}")
    stretch = torch.linalg.svdvals(T[:3, :3].detach())
    if float(stretch[-1]) <= 0 or float(stretch[0] / stretch[-1]) - 1 > STRETCH:
        axes = ", ".join(f"{value:.4g}" for value in stretch.tolist())
        raise ValueError(
            "expected a rotation, one positive scale and a translation, got a transform that "
            f"shears or stretches (by {axes}). {_WAY}"
        )
    if float(torch.linalg.det(T[:3, :3].detach())) <= 0:
        raise ValueError(
            "expected a rotation, one positive scale and a translation, got a transform that "
            f"mirrors. {_WAY}"
        )
    return T


def parts(T: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rotation (3, 3), factor () and translation (3,) of a similarity."""
    linear = T[:3, :3]
    factor = torch.linalg.det(linear).pow(1 / 3)
    return linear / factor, factor, T[:3, 3]


def moving(offset: Any) -> Tensor:
    """The similarity that adds (3,) numbers."""
    T = torch.eye(4, dtype=torch.float64, device="cpu")
    T[:3, 3] = torch.from_numpy(vector("offset", offset))
    return T


def turning(axis: Any, angle_deg: float, about: Any) -> Tensor:
    """The similarity that turns about an axis through a point, as a right-handed screw does.

    Raises:
        ValueError: for an axis without length or numbers that are not finite.
    """
    direction = vector("axis", axis)
    length = float(np.linalg.norm(direction))
    if not length > 0:
        raise ValueError(f"expected an axis with a length above 0, got {direction.tolist()}")
    angle = math.radians(number("angle_deg", angle_deg))
    x, y, z = direction / length
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    R = np.eye(3) + math.sin(angle) * K + (1 - math.cos(angle)) * K @ K  # Rodrigues
    return _about(R, vector("about", about))


def scaling(factor: float, about: Any) -> Tensor:
    """The similarity that multiplies all lengths and leaves a point where it is.

    Raises:
        ValueError: for a factor that is not finite and above 0.
    """
    times = number("factor", factor)
    if not times > 0:
        raise ValueError(
            f"expected a factor above 0, got {factor}; a negative one mirrors, which Gaussians "
            "cannot follow: turn the scene by 180 degrees instead"
        )
    return _about(times * np.eye(3), vector("about", about))


def turning_onto(first: Any, second: Any, about: Any) -> Tensor:
    """The smallest turn about a point that takes one direction to another."""
    a, b = (v / np.linalg.norm(v) for v in (vector("first", first), vector("second", second)))
    axis = np.cross(a, b)
    if np.linalg.norm(axis) < 1e-12:  # parallel, or any half turn will do
        axis = np.cross(a, np.eye(3)[np.abs(a).argmin()])
    angle = math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))
    return turning(axis, angle, about)


def from_pairs(here: Any, there: Any) -> Tensor:
    """The similarity that best takes points `there` to the points `here` (Umeyama 1991).

    Args:
        here: (K, 3) points, at least three.
        there: (K, 3) the same points in another frame, in the same order.

    Raises:
        ValueError: for fewer than three pairs, points on one line, and shapes that differ.
    """
    target, source = points("here", here), points("there", there)
    if len(target) != len(source):
        raise ValueError(
            f"expected as many points here as there, got {len(target)} and {len(source)}"
        )
    for name, chosen in (("here", target), ("there", source)):
        check_triangle(name, chosen)
    a, b = target - target.mean(0), source - source.mean(0)
    U, D, Vt = np.linalg.svd(a.T @ b / len(a))
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))])
    R = U * signs @ Vt
    factor = float((D * signs).sum() / (b * b).sum() * len(b))
    left = math.sqrt(float(((a - factor * b @ R.T) ** 2).sum() / (a * a).sum()))
    if left > _ALIKE:
        raise ValueError(
            f"expected the same shape here and there, but the points differ by {left:.0%} of "
            "their extent; give both in the same order"
        )
    T = torch.eye(4, dtype=torch.float64, device="cpu")
    T[:3, :3] = torch.from_numpy(factor * R)
    T[:3, 3] = torch.from_numpy(target.mean(0) - factor * R @ source.mean(0))
    return T


def check_triangle(name: str, chosen: np.ndarray) -> None:
    """ValueError unless (K, 3) points span a plane."""
    stretch = np.linalg.svd(chosen - chosen.mean(0), compute_uv=False)
    if not stretch[1] > _THIN * stretch[0]:
        raise ValueError(
            f"expected three points that make a triangle ({name}), got points on one line; choose "
            "one that lies beside it"
        )


def points(name: str, given: Any) -> np.ndarray:
    """(K, 3) float64 of at least three points.

    Raises:
        ValueError: for fewer, another shape or numbers that are not finite.
    """
    found = _numbers(name, given)
    if found.ndim != 2 or found.shape[1] != 3 or len(found) < 3:
        raise ValueError(f"expected at least three points {name} (K, 3), got shape {found.shape}")
    return found


def vector(name: str, given: Any) -> np.ndarray:
    """(3,) float64.

    Raises:
        ValueError: for another shape or numbers that are not finite.
    """
    found = _numbers(name, given)
    if found.shape != (3,):
        raise ValueError(f"expected three numbers as {name}, got shape {found.shape}")
    return found


def number(name: str, given: Any) -> float:
    """A finite number.

    Raises:
        ValueError: for anything else.
    """
    found = _numbers(name, given)
    if found.shape != ():
        raise ValueError(f"expected one number as {name}, got shape {found.shape}")
    return float(found)


def _numbers(name: str, given: Any) -> np.ndarray:
    if isinstance(given, Sequence):
        given = [one.tolist() if isinstance(one, Tensor) else one for one in given]
    try:
        values = given.detach().cpu().numpy() if isinstance(given, Tensor) else given
        found = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected numbers as {name}, got {given!r}") from error
    if not np.isfinite(found).all():
        raise ValueError(f"expected finite numbers as {name}, got {found.tolist()}")
    return found


def _about(linear: np.ndarray, point: np.ndarray) -> Tensor:
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = linear, point - linear @ point
    return torch.from_numpy(T)

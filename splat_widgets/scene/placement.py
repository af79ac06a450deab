"""Where a scene was put since it was made, and whose unit of length it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Unit = Literal["given", "model", "unknown"]
"""Whose unit of length a scene has: the user's metres, the model's guess of metres, or nobody's."""

_SAME = 1e-9  # relative change of lengths that is rounding


@dataclass(frozen=True)
class Placement:
    """The way from the frame that a scene was made in to the one it is in.

    Args:
        T_here_made: 16 numbers row by row, a similarity on columns of points.
        metres: whose unit of length it has here.
    """

    T_here_made: tuple[float, ...]
    metres: Unit

    def __post_init__(self) -> None:
        if len(self.T_here_made) != 16 or not np.isfinite(self.T_here_made).all():
            raise ValueError(f"expected 16 finite numbers, got {len(self.T_here_made)}")

    @property
    def matrix(self) -> np.ndarray:
        """(4, 4) float64."""
        return np.array(self.T_here_made).reshape(4, 4)


AS_MEASURED = Placement(tuple(np.eye(4).flatten().tolist()), "given")
"""Of a file whose lengths are metres, as its user measured; it says no more."""


def placed(
    before: Placement | None, T: np.ndarray, factor: float, metres: Unit, measured: bool
) -> Placement:
    """The placement after one more transform.

    Args:
        before: what there was; None: as made.
        T: (4, 4) similarity.
        factor: its scale.
        metres: whose unit of length it was before.
        measured: whether the factor makes the unit metres.
    """
    known = np.eye(4) if before is None else before.matrix
    unit: Unit = "given" if measured else metres if abs(factor - 1) < _SAME else "unknown"
    return Placement(tuple((T @ known).flatten().tolist()), unit)

"""What a second reader yields, and what it may differ by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from splat_widgets.io.verify.record import Differences
from splat_widgets.scene.scene import Scene

SELECTION = "the selection"
"""What stands for it among names of attributes, which are identifiers."""
PIECE_ROWS = 16_384
"""Gaussians of degree 3 in doubles, with their covariances and differences, are 25 MiB."""


# Which basis functions change sign with y and z: those that are odd in (y, z) together.
_TURNED = np.array([1, -1, -1, 1, -1, 1, 1, -1, 1, -1, 1, -1, -1, 1, -1, 1])


class NoSecondReader(Exception):
    """A file that no second reader reads; its text says which."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Gaussians, physical; of a file in its order and our axes. Floats have their own width."""

    means: np.ndarray  # (M, 3) as in the file, offset included
    scales: np.ndarray  # (M, 3) standard deviations
    quaternions: np.ndarray  # (M, 4) wxyz, of any length
    opacities: np.ndarray  # (M,)
    sh: np.ndarray  # (M, K, 3)


@dataclass(frozen=True)
class SecondReader:
    """How files of one format are read back, and what the format keeps.

    Limits of a format that spreads its steps over what a scene has are those of the scene.
    """

    name: str  # in sentences: "read back by ..."
    read: Callable[[Path], Iterator[Rows]]
    limits: Differences | Callable[[Scene], Differences]  # how much it loses at most
    # Of a format that keeps attributes: (N,) values of these, by name.
    own: Callable[[Path, Collection[str]], Iterator[tuple[str, np.ndarray]]] | None = None
    kept: Callable[[Rows], Rows] = lambda rows: rows  # what it keeps of values beyond its range
    least_reach: float = 0.0  # positions of smaller scenes are as exact as of one so large
    spans_colors: bool = False  # colours are shares of the range that those of the scene have


def ends(values: Tensor) -> tuple[float, float]:
    """The smallest and the largest finite number of (N, ...), no more and no less than 0."""
    low, high = 0.0, 0.0
    for piece in values.detach().split(PIECE_ROWS) if values.numel() else ():
        known = piece.nan_to_num(0, 0, 0)
        low, high = min(low, float(known.min())), max(high, float(known.max()))
    return low, high


def with_largest(small: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """(M, 4) unit quaternions of their (M, 3) small components, and (M,) which one is left out."""
    found = np.empty((len(small), 4))
    for axis in range(4):
        rows = left_out == axis
        found[rows] = np.insert(small[rows], axis, 0, axis=1)
        found[rows, axis] = np.sqrt((1 - (small[rows] ** 2).sum(1)).clip(0))
    return found


def half_turned(rows: Rows) -> Rows:
    """The same Gaussians with y up and z back turned to y down and z forward, or the reverse."""
    return Rows(
        rows.means * [1, -1, -1],
        rows.scales,
        rows.quaternions * [1, 1, -1, -1],
        rows.opacities,
        rows.sh * _TURNED[: rows.sh.shape[1], None],
    )

"""What a second reader yields, and what it may differ by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from splat_widgets.io.verify.record import Differences

PIECE_ROWS = 16_384
"""Gaussians of degree 3 in doubles, with their covariances and differences, are 25 MiB."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Gaussians of a file in their order, in float64, physical."""

    means: np.ndarray  # (M, 3) as in the file, offset included
    scales: np.ndarray  # (M, 3) standard deviations
    quaternions: np.ndarray  # (M, 4) wxyz, of any length
    opacities: np.ndarray  # (M,)
    sh: np.ndarray  # (M, K, 3)


@dataclass(frozen=True)
class SecondReader:
    """How files of one format are read back, and how much the format loses at most."""

    name: str  # in sentences: "read back by ..."
    read: Callable[[Path], Iterator[Rows]]
    limits: Differences
    keeps_offset: bool = False  # coordinates beyond what 32 bits hold are in the file

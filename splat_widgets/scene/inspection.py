"""What someone was doing with a scene in an inspector, as a record that a file can keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class KeptStep:
    """One selection or edit, as lines of Python."""

    lines: tuple[str, ...]
    is_fresh: bool  # independent of the selection before it
    is_edit: bool  # makes another scene, without a selection unless it keeps the rows
    names: tuple[str, ...]  # attributes that the lines use
    words: str  # what was done, for the user
    keeps_rows: bool = False  # of an edit: every Gaussian stays in its row, and selected


@dataclass(frozen=True, eq=False)
class Inspection:
    """Settings, selection and steps of an inspector; `sw.inspect(scene)` goes on from there.

    Args:
        settings: values of the inspector's traits that are not as by default, by name.
        selection: (N,) bool, the selected Gaussians of the scene.
        picked: row of the picked Gaussian; -1 for none.
        steps: what led there; the lines of `inspector.script`.
    """

    settings: Mapping[str, Any]
    selection: Tensor
    picked: int = -1
    steps: tuple[KeptStep, ...] = ()

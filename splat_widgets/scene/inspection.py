"""What someone was doing with a scene in an inspector, as a record that a file can keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.refinement import Evidence
from splat_widgets.scene.source import Source


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
class KeptPart:
    """Gaussians that an edit removed, with all that the scene knew of each.

    Args:
        gaussians: M of them, in their order.
        aligned: of a scene from photos: (M, ...) of `view`, `row` and the others, by name.
        evidence: of a refined scene.
        source: of a scene from another program's file.
        selected_from: number of Gaussians of the scene that the one before the edit is a part of.
        values: (M,) of each attribute of the user's own, by name.
        known: (M,) bool, of whole numbers and flags that some have not, by name.
    """

    gaussians: Gaussians
    aligned: Mapping[str, Tensor]
    evidence: Evidence | None = None
    source: Source | None = None
    selected_from: int | None = None
    values: Mapping[str, Tensor] = field(default_factory=dict)
    known: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class KeptMoment:
    """What undo or redo leads to from the moment beside it, towards the present.

    Args:
        selection: bits of the selected Gaussians of its scene, uint8, the first one highest.
        picked: row of the picked Gaussian; -1 for none.
        steps: what led there, as places in `Inspection.told`.
        rows: where an edit lies between the two: bits, of the larger scene's Gaussians, which of
            them the smaller one has. None: both have one scene.
        removed: of a moment before such an edit: the others.
    """

    selection: Tensor
    picked: int
    steps: tuple[int, ...]
    rows: Tensor | None = None
    removed: KeptPart | None = None


@dataclass(frozen=True, eq=False)
class Inspection:
    """Settings, selection and steps of an inspector; `sw.inspect(scene)` goes on from there.

    Args:
        settings: values of the inspector's traits that are not as by default, by name.
        selection: (N,) bool, the selected Gaussians of the scene.
        picked: row of the picked Gaussian; -1 for none.
        steps: what led there; the lines of `inspector.script`.
        past: what undo leads to, the latest first.
        future: what redo leads to, the next first.
        told: the steps of both.
    """

    settings: Mapping[str, Any]
    selection: Tensor
    picked: int = -1
    steps: tuple[KeptStep, ...] = ()
    past: tuple[KeptMoment, ...] = ()
    future: tuple[KeptMoment, ...] = ()
    told: tuple[KeptStep, ...] = ()

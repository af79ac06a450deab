"""Gaussians that an edit removed, so that undo brings them back from a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from splat_widgets import attributes
from splat_widgets.attributes.table import given_values
from splat_widgets.inspector.custom import hand_on
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.inspection import KeptPart
from splat_widgets.scene.reconstruction import ALIGNED
from splat_widgets.scene.refinement import Evidence
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import Source, Stored

Weave = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Way:
    """From the scene of one moment to that of the next one, further from the present.

    Args:
        rows: bits, which Gaussians of the larger scene the smaller one has; None: they are one.
        removed: the others, where the way leads to the larger one.
    """

    rows: np.ndarray | None = None
    removed: KeptPart | None = None

    def __call__(self, scene: Scene) -> Scene:
        """The scene at its end."""
        if self.rows is None:
            return scene
        if self.removed is not None:
            count = len(scene) + len(self.removed.gaussians)
            return _with(scene, self.removed, unpacked(self.rows, count))
        which = unpacked(self.rows, len(scene))
        part = scene.select(which)
        hand_on(scene, part, which, {})
        return part


def unpacked(bits: np.ndarray, count: int) -> np.ndarray:
    """(count,) bool of bits."""
    return np.unpackbits(bits, count=count).view(bool)


def removed_from(scene: Scene, rows: np.ndarray) -> KeptPart:
    """What a scene has beyond those rows.

    Args:
        scene: before an edit.
        rows: (N,) bool, what was left.
    """
    part, whole = scene.select(~rows), scene.reconstruction
    known = part.reconstruction
    values, gaps = {}, {}
    for one in attributes.available(scene):
        if one.source == "user":
            found = given_values(scene, one.name)[~rows]
            if np.ma.isMaskedArray(found):
                gaps[one.name] = torch.from_numpy(~np.ma.getmaskarray(found))
                found = found.filled(0)
            values[one.name] = torch.from_numpy(np.array(found))
    return KeptPart(
        gaussians=part.gaussians,
        aligned={} if known is None else {name: getattr(known, name) for name in ALIGNED},
        evidence=None if whole is None or known is None else known.evidence,
        source=part.source,
        selected_from=scene.selected_from,
        values=values,
        known=gaps,
    )


def keeps_attributes(before: Scene, rows: np.ndarray, after: Scene) -> bool:
    """Whether what is left of a scene has all its own attributes, with the numbers they had.

    Args:
        before: an edit.
        rows: (N,) bool, what was left.
        after: it, maybe with attributes that were registered since.
    """
    for one in attributes.available(before):
        if one.source != "user":
            continue
        try:
            now = given_values(after, one.name)
        except attributes.AttributeLookupError:
            return False
        then = given_values(before, one.name)[rows]
        gaps, known = (np.ma.getmaskarray(values) for values in (then, now))
        numbers = [np.ma.filled(values, 0) for values in (then, now)]
        if then.dtype != now.dtype or not np.array_equal(gaps, known):
            return False
        if not np.array_equal(*numbers, equal_nan=True):
            return False
    return True


def _with(scene: Scene, removed: KeptPart, rows: np.ndarray) -> Scene:
    """The scene before the edit, in its own order."""
    here = torch.from_numpy(rows)

    def woven(left: Tensor, gone: Tensor) -> Tensor:
        both = left.new_empty((len(rows), *left.shape[1:]))
        both[here], both[~here] = left, gone.to(left)
        return both

    def each(left: Gaussians | Evidence, gone: Gaussians | Evidence) -> list[Tensor]:
        return [woven(getattr(left, f.name), getattr(gone, f.name)) for f in fields(left)]

    gaussians = Gaussians(*each(scene.gaussians, removed.gaussians))
    whole = scene.reconstruction
    if whole is not None:
        evidence = whole.evidence
        if evidence is not None and removed.evidence is not None:
            evidence = Evidence(*each(evidence, removed.evidence))
        aligned = {n: woven(getattr(whole, n), gone) for n, gone in removed.aligned.items()}
        whole = replace(whole, gaussians=gaussians, evidence=evidence, **aligned)
    source = scene.source
    if source is not None and removed.source is not None:
        source = _source(source, removed.source, woven)
    before = Scene(gaussians, scene.cameras, whole, None, removed.selected_from, source)
    for name, gone in removed.values.items():
        with suppress(attributes.AttributeLookupError):  # it was removed since
            _register(before, scene, name, gone.numpy(), removed.known.get(name), rows)
    return before


def _source(left: Source, gone: Source, woven: Weave) -> Source:
    def both(one: Tensor | None, other: Tensor | None) -> Tensor | None:
        return None if one is None or other is None else woven(one, other)

    stored = Stored(
        both(left.stored.opacities, gone.stored.opacities),
        both(left.stored.scales, gone.stored.scales),
    )
    return replace(left, rest=both(left.rest, gone.rest), stored=stored)


def _register(
    before: Scene,
    scene: Scene,
    name: str,
    gone: np.ndarray,
    known: Tensor | None,
    rows: np.ndarray,
) -> None:
    """Give the scene before an edit the numbers of the one after it, and those that went."""
    attribute, left = attributes.get(name, scene), given_values(scene, name)
    values = np.ma.array(np.zeros(len(rows), np.result_type(left, gone)))
    values[rows] = left
    values[~rows] = gone if known is None else np.ma.array(gone, mask=~known.numpy())
    attributes.register(name, values, scene=before, **attribute.details)

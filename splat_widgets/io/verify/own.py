"""What a file keeps beside the Gaussians, against the scene: its own attributes, its selection."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from splat_widgets.attributes.given import are_same
from splat_widgets.attributes.table import given_values
from splat_widgets.io.formats import Format
from splat_widgets.io.verify.rows import SELECTION, SecondReader
from splat_widgets.scene.scene import Scene


def wrong_column(
    path: Path, scene: Scene, reader: SecondReader, form: Format, kept: Collection[str]
) -> str | None:
    """What differs, in words; None for nothing.

    Args:
        path: of the file.
        scene: what was written.
        reader: of the format.
        form: the format.
        kept: names of the attributes that the file should have.
    """
    wanted = [*kept]
    if form.keeps_all and scene.inspection is not None:
        wanted.append(SELECTION)
    if not wanted or reader.own is None:
        return None
    for name, found in reader.own(path, wanted):
        expected = _expected(scene, name, form)
        if not are_same(found, expected) or (form.keeps_all and found.dtype != expected.dtype):
            what = "selection" if name == SELECTION else f"attribute {name!r}"
            return f"its {what} has other values than the scene's"
    return None


def _expected(scene: Scene, name: str, form: Format) -> np.ndarray:
    """(N,) as they should stand in the file."""
    if name == SELECTION:
        assert scene.inspection is not None, "asked for only where there is one"
        return scene.inspection.selection.numpy()
    values = given_values(scene, name)
    if form.keeps_all:
        return values
    if np.ma.isMaskedArray(values):  # a column has no gaps
        values = np.ma.filled(values.astype(np.float64), np.nan)
    return values.astype(np.float32) if form.rounds_attributes else values

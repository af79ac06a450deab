"""Ranges, filters and selections: what is taken, converted and refused."""

import numpy as np
import pytest
import torch
from traitlets import TraitError

from splat_widgets.inspector import Inspector
from splat_widgets.inspector.traits import mask_of


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("filters", {"opacity": (0.7, 0.2)}, "low <= high for the filter 'opacity'"),
        ("filters", {"opacity": 0.7}, r"expected \(low, high\)"),
        ("filters", {"opacity": ("a", 1)}, "expected numbers or None"),
        ("filters", [1], "such as"),
        ("color_range", [1, 1], "low < high"),
        ("color_range", [2, 1], "low <= high"),
        ("color_range", [None, 1], "low < high"),
        ("color_range", [1, None], "low < high"),
        ("color_range", [float("nan"), 1], "NaN"),
        ("picked", 800, "from 0 to 799"),
        ("selection", [True, False], "length 800"),
        ("selection", [800], "below 800"),
        ("selection", [0.5], "booleans or integers"),
    ],
)
def test_what_is_not_allowed_changes_nothing(scene, name, value, match) -> None:
    inspector = Inspector(scene)
    before = getattr(inspector, name)
    with pytest.raises(TraitError, match=match):
        setattr(inspector, name, value)
    assert np.array_equal(getattr(inspector, name), before)


def test_ranges_are_normalised(scene) -> None:
    inspector = Inspector(scene)
    inspector.filters = {"opacity": (np.float32(0.25), np.inf), "confidence": (None, 3)}
    assert inspector.filters == {"opacity": [0.25, None], "confidence": [None, 3.0]}
    inspector.color_range = np.array([0, 2])
    assert inspector.color_range == [0.0, 2.0]
    inspector.color_range = None
    assert inspector.color_range == []


def test_selection_takes_masks_and_indices_and_cannot_be_written_into(scene) -> None:
    inspector = Inspector(scene)
    seen: list[np.ndarray] = []
    inspector.observe(lambda change: seen.append(change["new"]), names="selection")
    mask = scene.confidence.numpy() > 3
    inspector.selection = mask
    assert np.array_equal(inspector.selection, mask) and inspector.selection.dtype == bool
    inspector.selection = torch.from_numpy(mask)
    assert len(seen) == 1, "the same mask does not count as a change"
    mask[:] = False
    assert inspector.selection.any(), "a mask of its own"
    with pytest.raises(ValueError, match="read-only"):
        inspector.selection[0] = True
    inspector.selection = [5, 3, -1]
    assert inspector.selected.tolist() == [3, 5, 799]
    assert inspector.scene_info["selected"] == 3
    inspector.selection = None
    assert not inspector.selection.any() and len(seen) == 3


@pytest.mark.parametrize(
    ("which", "rows"),
    [(None, []), (slice(1, None, 2), [1, 3]), ([-1, 0], [0, 3]), (torch.arange(4) > 2, [3])],
)
def test_masks_of_everything_that_selects(which, rows) -> None:
    mask = mask_of(which, 4)
    assert mask.dtype == bool and np.flatnonzero(mask).tolist() == rows
    assert not mask.flags.writeable

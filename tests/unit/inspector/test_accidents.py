"""Sequences of calls that leave things behind: edits, undo, attributes of one's own, isolation."""

import numpy as np
import pytest

import splat_widgets as sw
from splat_widgets.inspector.picking import values_of


def test_an_attribute_added_before_an_undo_is_no_hindrance_after_it(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    inspector.selection = range(10)
    inspector.keep()
    inspector.add_attribute("mine", np.arange(10.0))
    inspector.undo()
    inspector.selection = range(5)
    inspector.keep()
    assert len(inspector.record) == 5 and str(inspector.recipe).count("scene.select") == 1


@pytest.mark.parametrize("edit", ["keep", "delete"])
def test_an_edit_ends_the_isolation_of_what_is_gone(gaussians, edit) -> None:
    inspector = sw.inspect(gaussians)
    inspector.selection = range(10)
    inspector.isolate = True
    getattr(inspector, edit)()
    assert not inspector.isolate and not inspector.selection.any()


def test_views_hear_of_the_picked_one_after_an_edit_and_an_undo(gaussians, make_page) -> None:
    inspector = sw.inspect(gaussians)
    page = make_page(inspector)
    page.say("ready")
    inspector.picked = 7
    inspector.selection = range(5, 20)
    inspector.keep()
    assert page.messages("picked")[-1]["index"] == inspector.picked == 2
    inspector.undo()
    assert page.messages("picked")[-1]["index"] == inspector.picked == 7


def test_a_formula_that_fails_costs_its_own_value_alone(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    inspector.add_attribute("broken", lambda scene: 1 / 0)
    found = values_of(gaussians, 3)
    assert np.isnan(found["broken"]) and found["opacity"] == float(gaussians.opacities[3])


def test_numbers_of_numpy_are_numbers_in_the_recipe(gaussians) -> None:
    inspector = sw.inspect(gaussians, opacity_scale=np.float64(0.5))
    assert "opacity_scale=0.5" in str(inspector.recipe)
    with pytest.raises(ValueError, match="finite"):
        inspector.crop((0, 0, 4), (1, 1, np.inf))

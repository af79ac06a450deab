"""Sequences of calls that leave things behind: edits, undo, attributes of one's own, isolation."""

from dataclasses import replace

import numpy as np
import pytest

import splat_widgets as sw
from splat_widgets import attributes, regions
from splat_widgets.inspector.picking import values_of
from splat_widgets.scene.cameras import Camera

SHOWN = {"filters": {}, "shown_photos": [], "isolate": False, "overrides": []}


def test_an_attribute_added_before_an_undo_is_no_hindrance_after_it(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    inspector.selection = range(10)
    inspector.keep()
    inspector.add_attribute("mine", np.arange(10.0))
    inspector.undo()
    inspector.selection = range(5)
    inspector.keep()
    assert len(inspector.scene) == 5 and str(inspector.script).count("scene.select") == 1


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


def test_numbers_of_numpy_are_numbers_in_the_script(gaussians) -> None:
    inspector = sw.inspect(gaussians, opacity_scale=np.float64(0.5))
    assert "opacity_scale=0.5" in str(inspector.script)
    with pytest.raises(ValueError, match="finite"):
        inspector.crop((0, 0, 4), (1, 1, np.inf))


def test_a_view_that_opens_later_hears_of_the_picked_one(gaussians, make_page) -> None:
    inspector = sw.inspect(gaussians)
    inspector.picked = 7
    page = make_page(inspector)
    page.say("ready")
    (answer,) = page.messages("picked")
    assert answer["index"] == 7 and answer["view"] == page.view


@pytest.mark.parametrize("threshold", [np.inf, np.nan])
def test_a_threshold_of_floaters_is_a_number(gaussians, threshold) -> None:
    inspector = sw.inspect(gaussians)
    with pytest.raises(ValueError, match="finite"):
        inspector.select_floaters(threshold)
    assert not inspector.undo()


def test_an_observer_may_select_something_else(gaussians, make_page) -> None:
    inspector = sw.inspect(gaussians)
    page = make_page(inspector)
    page.say("ready")

    def only_even(change) -> None:
        inspector.selection = change["new"] & (np.arange(len(gaussians)) % 2 == 0)

    inspector.observe(only_even, "selection")
    page.select(np.ones(len(gaussians), bool), {"kind": "all", "shown": SHOWN})
    assert page.messages("selection")[-1]["count"] == inspector.selection.sum() == 100
    assert page.messages("selection")[-1]["view"] == page.view
    scope = {"scene": gaussians}
    exec(str(inspector.script), scope)
    np.testing.assert_array_equal(scope["inspector"].selection, inspector.selection)
    inspector.unobserve(only_even, "selection")
    inspector.undo()
    assert inspector.selection.all()


def test_the_first_scene_of_an_empty_inspector_fills_the_plots(scene) -> None:
    inspector = sw.Inspector()
    assert inspector.histogram_attribute == "" and list(inspector.scatter_attributes) == []
    inspector.scene = scene
    direct = sw.inspect(scene)
    for name in ("histogram_attribute", "histogram_log", "scatter_attributes", "map_attribute"):
        assert getattr(inspector, name) == getattr(direct, name) != ""


def test_an_attribute_registered_elsewhere_survives_an_edit(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    attributes.register("elsewhere", np.arange(200.0), scene=gaussians, unit="m")
    inspector.refresh()
    inspector.selection = slice(5, 9)
    inspector.keep()
    np.testing.assert_array_equal(attributes.values(inspector.scene, "elsewhere"), [5, 6, 7, 8])
    assert attributes.get("elsewhere", inspector.scene).unit == "m"


def test_what_is_nearer_than_is_drawn_is_in_no_region_of_the_picture(gaussians) -> None:
    means = gaussians.means.clone()
    means[:, :2], means[:, 2] = 0, 0.005
    means[0, 2] = 0.02
    near = replace(gaussians, means=means)
    inside = regions.in_rectangle(near, Camera.centred(100, 64, 64), (0, 0), (64, 64))
    assert inside.tolist() == [True] + [False] * 199

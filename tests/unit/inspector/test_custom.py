"""Attributes of the user's own, through edits and undo."""

import numpy as np

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import Inspector


def test_attributes_of_ones_own(scene, gaussians, make_page) -> None:
    inspector = Inspector(gaussians)
    page = make_page(inspector)
    inspector.add_attribute("score", np.arange(200.0), unit="points", log=True)
    (item,) = [item for item in inspector.catalogue if item["name"] == "score"]
    assert (item["unit"], item["group"], item["log"]) == ("points", "custom", True)
    inspector.color_by = "score"
    inspector.filters = {"score": (50, None)}
    inspector.selection = np.arange(200) >= 100
    inspector.keep()
    assert inspector.color_by == "score"
    assert attributes.values(inspector.scene, "score").tolist() == list(range(100, 200))
    inspector.undo()
    inspector.keep()
    inspector.add_attribute("score", np.ones(100))
    assert page.messages("stale")[-1]["names"] == ["score"]
    inspector.scene = scene
    assert inspector.color_by == "" and inspector.filters == {}
    assert "score" in inspector.message["text"]
    assert inspector.script.count("score") == 0


def test_an_attribute_registered_elsewhere_survives_an_edit(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    attributes.register("elsewhere", np.arange(200.0), scene=gaussians, unit="m")
    inspector.refresh()
    inspector.selection = slice(5, 9)
    inspector.keep()
    np.testing.assert_array_equal(attributes.values(inspector.scene, "elsewhere"), [5, 6, 7, 8])
    assert attributes.get("elsewhere", inspector.scene).unit == "m"


def test_an_attribute_added_before_an_undo_is_no_hindrance_after_it(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    inspector.selection = range(10)
    inspector.keep()
    inspector.add_attribute("mine", np.arange(10.0))
    inspector.undo()
    inspector.selection = range(5)
    inspector.keep()
    assert len(inspector.scene) == 5 and str(inspector.script).count("scene.select") == 1

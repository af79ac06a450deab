"""Inspectors apart, and linked."""

import numpy as np
import pytest

import splat_widgets as sw
from splat_widgets.inspector import Inspector, link
from splat_widgets.viewer import SplatViewer


def test_two_inspectors_stay_apart(scene) -> None:
    first, second = Inspector(scene), Inspector(scene)
    first.selection = [1]
    first.filters = {"opacity": (0.5, None)}
    first.camera = {**first.camera, "fov_deg": 20.0}
    assert not second.selection.any() and second.filters == {}
    assert second.camera["fov_deg"] != 20.0


def test_linked_inspectors_follow_each_other_until_they_are_unlinked(scene, other_scene) -> None:
    first, second, third = Inspector(scene), Inspector(other_scene), Inspector(scene)
    first.color_by = "confidence"
    joint = sw.link(first, second, third)
    assert second.color_by == third.color_by == "confidence", "they start as the first one is"
    second.selection = np.arange(800) > 700
    third.picked = 5
    third.filters = {"opacity": (0.5, None)}
    first.camera = {**first.camera, "fov_deg": 20.0}
    for one in (first, second, third):
        assert one.selection.sum() == 99 and one.picked == 5
        assert one.filters == {"opacity": [0.5, None]} and one.camera["fov_deg"] == 20.0
    joint.unlink()
    second.selection = None
    second.color_by = ""
    assert first.selection.sum() == 99 and first.color_by == "confidence"
    assert "nothing" in repr(joint)


def test_a_selection_on_one_page_is_sent_to_the_other(scene, make_page) -> None:
    first, second = Inspector(scene), Inspector(scene)
    pages = [make_page(one) for one in (first, second)]
    for page in pages:
        page.say("ready")
    link(first, second, camera=False, settings=False)
    for page in pages:
        page.sent.clear()
    mask = np.arange(800) % 2 == 0
    pages[0].select(mask, {"kind": "range", "attribute": "opacity", "low": None, "high": 1})
    assert pages[0].messages("selection") == []
    assert pages[1].messages("selection")[0]["count"] == 400
    assert np.array_equal(second.selection, mask)


def test_only_what_was_asked_for_is_linked(scene, gaussians) -> None:
    inspector, viewer = Inspector(scene), SplatViewer(gaussians)
    link(inspector, viewer, selection=False, settings=False)
    viewer.camera = {**viewer.camera, "fov_deg": 25.0}
    assert inspector.camera["fov_deg"] == 25.0
    viewer.display = "points"
    assert inspector.display == "splats"


def test_attributes_that_only_one_scene_has_are_said_not_raised(scene, gaussians) -> None:
    first, second = Inspector(scene), Inspector(gaussians)
    link(first, second, selection=False)
    first.color_by = "confidence"
    assert second.color_by == "" and "Not linked" in second.message["text"]
    first.color_by = "opacity"
    assert second.color_by == "opacity"


def test_what_cannot_be_linked_is_refused(scene, gaussians) -> None:
    inspector = Inspector(scene)
    with pytest.raises(ValueError, match="two or more"):
        link(inspector)
    with pytest.raises(ValueError, match="two or more"):
        link(inspector, inspector)
    with pytest.raises(ValueError, match="800 and 200"):
        link(inspector, Inspector(gaussians))
    with pytest.raises(TypeError, match="SplatViewer"):
        link(inspector, SplatViewer(scene))


def test_an_undo_or_redo_counts_for_all_that_are_linked(gaussians, scene) -> None:
    one, other = sw.inspect(gaussians), sw.inspect(gaussians)
    sw.link(one, other)
    one.selection = [1, 2]
    other.selection = [3]
    assert one.undo() and one.selected.tolist() == other.selected.tolist() == [1, 2]
    assert other.undo() and one.selected.tolist() == other.selected.tolist() == []
    assert not one.undo() and not other.undo()
    assert other.redo() and one.selected.tolist() == other.selected.tolist() == [1, 2]
    assert one.redo() and one.selected.tolist() == other.selected.tolist() == [3]
    assert not one.redo() and not other.redo()


def test_an_edit_stays_with_its_own_inspector(gaussians) -> None:
    one, other = sw.inspect(gaussians), sw.inspect(gaussians)
    joint = sw.link(one, other)
    one.selection = [1, 2]
    one.keep()
    assert len(one.selection) == 2 and len(other.selection) == 200
    assert "Not linked" in other.message["text"]
    one.undo()
    assert other.selected.tolist() == one.selected.tolist() == [1, 2]
    joint.unlink()
    one.undo()
    assert other.selected.tolist() == [1, 2]

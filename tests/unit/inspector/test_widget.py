"""The inspector as Python sees it: selection, edits, undo."""

import numpy as np
import pytest
import torch
from traitlets import TraitError

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import Inspector, inspect
from splat_widgets.scene.reconstruction import Reconstruction


def test_it_is_a_viewer_and_knows_its_scene(scene, make_page) -> None:
    inspector = sw.inspect(scene, color_by="confidence", background="black")
    page = make_page(inspector)
    page.say("ready")
    assert page.messages("scene")[0]["header"]["count"] == len(scene)
    assert inspector.scene.record is scene
    info = inspector.scene_info
    assert (info["kind"], info["count"], info["selected"]) == ("reconstruction", 800, 0)
    assert [photo["width"] for photo in info["photos"]] == [20, 20]
    names = {item["name"] for item in inspector.catalogue}
    assert names == {attribute.name for attribute in attributes.available(scene)}
    assert {item["name"] for item in inspector.catalogue if item["slow"]} == {
        "cross_view_distance",
        "isolation",
    }


def test_a_file_is_inspected_with_what_it_knows(gaussians, tmp_path) -> None:
    path = sw.save(gaussians, tmp_path / "foreign.ply")
    inspector = inspect(path, color_by="sh_energy_3")
    assert not inspector.scene.has("photos")
    assert inspector.scene_info["kind"] == "gaussians"
    assert inspector.scene_info["floaters"] == "isolation"
    with pytest.raises(TraitError, match=r"needs a scene with `confidence`"):
        inspector.color_by = "confidence"
    inspector.selection = [0, 2]
    inspector.keep()
    assert len(inspector.scene) == 2
    assert "sw.load(" in inspector.script, "the steps begin with the file"
    with pytest.raises(FileNotFoundError, match="found nothing"):
        inspector.scene = tmp_path / "gone.ply"
    assert len(inspector.scene) == 2


def test_unknown_arguments_and_scenes_are_refused(scene) -> None:
    with pytest.raises(TypeError, match=r"'colour_by'.*color_by"):
        inspect(scene, colour_by="opacity")
    with pytest.raises(TypeError, match="None"):
        inspect(None)
    empty = Inspector()
    assert empty.catalogue == [] and empty.scene_info["kind"] == ""
    with pytest.raises(TraitError, match="no scene"):
        empty.color_by = "opacity"
    with pytest.raises(ValueError, match="empty"):
        empty.keep()


def test_a_refused_scene_leaves_an_object_that_can_be_freed() -> None:
    inspector = Inspector.__new__(Inspector)
    with pytest.raises(TypeError, match="expected a scene"):
        inspector.__init__(42)  # type: ignore[misc]
    inspector.close()  # as the garbage collector does


def test_what_is_selected_can_be_said_when_it_is_made(scene) -> None:
    mask = scene.confidence > 3
    inspector = sw.inspect(scene, selection=mask, filters={"opacity": (0.5, None)}, picked=4)
    assert np.array_equal(inspector.selection, mask) and inspector.picked == 4
    assert inspector.scene_info["selected"] == int(mask.sum())
    assert not inspector.scene_info["undo"] and "selection = regions." in inspector.script


def test_plots_show_what_colours_the_splats_unless_they_are_given_their_own(scene) -> None:
    one = inspect(scene, color_by="depth")
    assert (one.histogram_attribute, one.map_attribute) == ("depth", "depth")
    other = inspect(scene, color_by="depth", histogram_attribute="opacity")
    assert (other.histogram_attribute, other.map_attribute) == ("opacity", "depth")
    apart = inspect(scene, color_by="depth", one_attribute=False)
    assert apart.histogram_attribute != "depth"


@pytest.mark.parametrize("kind", ["scene", "gaussians"])
def test_edits_keep_the_kind_and_can_be_taken_back(kind, request, make_page) -> None:
    given = request.getfixturevalue(kind)
    inspector = Inspector(given, color_by="opacity")
    page = make_page(inspector)
    page.say("ready")
    inspector.selection = np.arange(len(given)) % 3 == 0
    part = inspector.extract()
    assert type(part.record) is type(given) and len(part) == inspector.selection.sum()
    inspector.picked = 6
    camera = inspector.camera = {**inspector.camera, "fov_deg": 33.0}
    inspector.keep()
    assert type(inspector.scene.record) is type(given)
    assert len(inspector.scene) == len(part) and not inspector.selection.any()
    assert inspector.picked == 2, "the same Gaussian in its new row"
    assert inspector.camera == camera, "an edit does not move the view"
    assert page.messages("scene")[-1]["header"]["count"] == len(part)
    inspector.selection = [0, 1]
    inspector.delete()
    assert len(inspector.scene) == len(part) - 2
    assert inspector.scene_info["undo"] == "delete the selection"
    assert inspector.undo()  # the delete
    assert inspector.scene_info["undo"] == "select from outside this panel"
    assert len(inspector.scene) == len(part) and inspector.selected.tolist() == [0, 1]
    assert inspector.undo()  # the selection
    assert not inspector.selection.any()
    assert inspector.undo()  # the keep
    assert inspector.scene.record is given and inspector.selection.sum() == len(part)
    assert inspector.picked == 6
    assert inspector.undo() and not inspector.undo()
    assert not inspector.scene_info["undo"] and not inspector.selection.any()
    if isinstance(given, Reconstruction):
        assert part.has("photos")
        assert torch.equal(part.row, given.row[::3]), "provenance stays"


def test_another_scene_starts_afresh(scene, other_scene, make_page) -> None:
    inspector = Inspector(scene, color_by="confidence")
    page = make_page(inspector)
    page.say("ready")
    inspector.selection = [1]
    inspector.picked = 3
    inspector.scene = other_scene
    assert not inspector.selection.any() and inspector.picked == -1
    assert not inspector.undo() and inspector.color_by == "confidence"
    inspector.scene = None
    assert inspector.color_by == "" and inspector.selection.shape == (0,)
    assert inspector.catalogue == []


@pytest.mark.parametrize("edit", ["keep", "delete"])
def test_an_edit_ends_the_isolation_of_what_is_gone(gaussians, edit) -> None:
    inspector = sw.inspect(gaussians)
    inspector.selection = range(10)
    inspector.isolate = True
    getattr(inspector, edit)()
    assert not inspector.isolate and not inspector.selection.any()


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
    page.select(np.ones(len(gaussians), bool), {"kind": "all"})
    assert page.messages("selection")[-1]["count"] == inspector.selection.sum() == 100
    assert page.messages("selection")[-1]["view"] == page.view
    scope = {"scene": gaussians}
    exec(str(inspector.script), scope)
    np.testing.assert_array_equal(scope["inspector"].selection, inspector.selection)
    inspector.unobserve(only_even, "selection")
    inspector.undo()
    assert inspector.selection.all()


def test_several_inspectors_share_the_width_of_a_row(scene):
    assert Inspector(scene).layout.width == "100%"
    assert Inspector(scene, layout={"width": "50%"}).layout.width == "50%"

"""Edits of an inspector's scene: undone to the bit, repeated by the script, the view with them."""

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.inspector import Inspector
from splat_widgets.scene.framing import pinhole_of
from splat_widgets.scene.scene import Scene

from .conftest import run

FLOOR = [(-1.0, 1.0, 1.0), (1.0, 1.1, 1.5), (0.2, 0.9, 3.0)]
EDITS = {
    "move the scene": lambda i: i.move((1, -2, 0.5)),
    "turn the scene by 30°": lambda i: i.turn((0, 1, 1), 30, about=(0, 0, 2)),
    "scale the scene by 2.5": lambda i: i.scale(2.5, about=(0.1, 0, 2)),
    "scale to 2 m": lambda i: i.scale_to((0, 0, 2), (0.3, 0, 2), 2.0),
    "level the scene": lambda i: i.level(),
}


def same(one: Scene, other: Scene) -> bool:
    """Whether two scenes are equal to the bit, their maps, cameras and pixels too."""
    pairs = [(getattr(one, n), getattr(other, n)) for n in ("means", "scales", "quaternions")]
    pairs += [(one.sh, other.sh), (one.points, other.points), (one.row, other.row)]
    pairs += [
        (a.T_world_camera, b.T_world_camera)
        for a, b in zip(one.cameras, other.cameras, strict=True)
    ]
    return one.placement == other.placement and all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("words", EDITS)
def test_an_edit_keeps_the_selection_and_is_undone_and_repeated(scene, words) -> None:
    inspector = Inspector(scene)
    inspector.selection = [3, 9, 700]
    inspector.picked = 9
    before, view = inspector.scene, dict(inspector.camera)
    EDITS[words](inspector)
    after = inspector.scene
    assert inspector.scene_info["undo"] == words and not same(before, after)
    assert inspector.selected.tolist() == [3, 9, 700] and inspector.picked == 9
    again = run(inspector, Scene.of(scene))
    assert same(again.scene, after) and again.selected.tolist() == [3, 9, 700]
    for name in ("position", "target", "up"):
        np.testing.assert_allclose(again.camera[name], inspector.camera[name], atol=1e-9)
    inspector.undo()
    assert inspector.scene is before and inspector.selected.tolist() == [3, 9, 700]
    for name in ("position", "target"):
        np.testing.assert_allclose(inspector.camera[name], view[name], atol=1e-6)
    inspector.redo()
    assert inspector.scene is after


def test_the_view_and_what_was_measured_stay_on_the_scene(scene) -> None:
    inspector = Inspector(scene)
    points = [(0.0, 0.0, 2.0), (0.3, 0.0, 2.0)]
    inspector.measured = {"points": points, "distance": 0.3, "unit": "m"}
    before = inspector.scene.render(pinhole_of(inspector.camera, 24, 24)).color
    inspector.turn((1, 2, 0), 60)
    inspector.scale_to(*inspector.measured["points"], 2.0)
    after = inspector.scene.render(pinhole_of(inspector.camera, 24, 24)).color
    torch.testing.assert_close(after, before, atol=1e-4, rtol=0)
    assert (
        inspector.measured["distance"] == pytest.approx(2.0) and inspector.scene.metres == "given"
    )
    assert "scale" in str(inspector.script)
    inspector.undo()
    inspector.undo()
    np.testing.assert_allclose(inspector.measured["points"], points, atol=1e-9)


def test_levelling_turns_the_view_upright(scene) -> None:
    inspector = Inspector(scene)
    inspector.turn((0, 0, 1), 25)
    inspector.level(FLOOR)
    assert inspector.camera["up"] == (0, -1, 0) and "levelled([" in str(inspector.script)
    assert same(run(inspector, Scene.of(scene)).scene, inspector.scene)


def test_a_merged_scene_is_an_edit(scene, tmp_path) -> None:
    other = Scene.of(builders.make_scene(seed=4))
    inspector = Inspector(scene)
    inspector.selection = [1]
    here, there = other.means[[0, 50, 399]], other.means[[0, 50, 399]] * 2
    inspector.merge(other.scaled(2), pairs=(here, there))
    assert len(inspector.scene) == 1600 and not inspector.selection.any()
    inspector.selection = [1599]
    inspector.delete()
    scope = {"scene": Scene.of(scene), "other": other.scaled(2)}
    exec(str(inspector.script), scope)
    assert torch.equal(scope["inspector"].scene.means, inspector.scene.means)
    saved = sw.load(sw.save(other, tmp_path / "other.splatscene"))
    again = Inspector(scene)
    again.merge(saved, np.eye(4))
    assert f"other = sw.load({str(saved.path)!r})" in str(again.script)
    assert torch.equal(run(again, Scene.of(scene)).scene.means, again.scene.means)


def test_a_page_asks_for_edits_and_its_errors_are_shown(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    before = inspector.scene
    page.say("action", name="turn", numbers=[0, 1, 0, 90, 0, 0, 2])
    page.say("action", name="move", numbers=[1, 2, 3])
    page.say("action", name="scale", numbers=[2, 0, 0, 0])
    page.say("action", name="level", numbers=[value for point in FLOOR for value in point])
    page.say("length", points=[[0, 0, 2], [0, 0, 3]], metres=2.0)
    expected = before.turned((0, 1, 0), 90, about=(0, 0, 2)).moved((1, 2, 3)).scaled(2)
    expected = expected.levelled(FLOOR).scaled_to((0, 0, 2), (0, 0, 3), 2.0)
    assert torch.equal(inspector.scene.means, expected.means)
    page.say("action", name="scale", numbers=[-1, 0, 0, 0])
    assert "above 0" in inspector.message["text"]
    page.say("length", scene="another", points=[[0, 0, 2], [0, 0, 3]], metres=2.0)
    assert torch.equal(inspector.scene.means, expected.means)


def test_an_edited_scene_goes_on_tomorrow(scene, tmp_path) -> None:
    inspector = Inspector(scene)
    inspector.selection = [5]
    inspector.scale_to((0, 0, 2), (0.3, 0, 2), 2.0)
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    assert again.selected.tolist() == [5] and again.scene.metres == "given"
    assert "scaled_to" in str(again.script) and same(
        run(again, Scene.of(scene)).scene, inspector.scene
    )

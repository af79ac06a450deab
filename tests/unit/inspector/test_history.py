"""Undo and redo go on in another kernel, as far as a file keeps them."""

from __future__ import annotations

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import history
from splat_widgets.scene.reconstruction import ALIGNED


def state(inspector) -> tuple:
    """All that undo and redo change."""
    scene, info = inspector.scene, inspector.scene_info
    rows = [scene.means, scene.sh]
    if scene.has("photos"):
        rows += [getattr(scene, name) for name in ALIGNED]
    own = [attributes.exact_values(scene, name).tobytes() for name in ("ids", "flag")]
    script = [line for line in inspector.script.splitlines() if not line.startswith("#")]
    tensors = [one.numpy().tobytes() for one in rows]
    words = (info["undo"], info["redo"], inspector.picked, scene.selected_from)
    return words, inspector.selection.tobytes(), tensors, own, script


def worked_on(scene: sw.Scene):
    """An inspector with two edits and selections on either side of now."""
    count = len(scene)
    attributes.register("ids", np.arange(count) + 2**60, scene=scene)
    attributes.register(
        "flag", np.ma.array(np.arange(count) % 2 == 0, mask=np.arange(count) % 5 == 0), scene=scene
    )
    inspector = sw.inspect(scene)
    inspector.selection = np.arange(count) % 7 == 0
    inspector.picked = 5
    inspector.selection = np.arange(count) % 3 == 0
    inspector.delete()
    inspector.selection = np.arange(len(inspector.scene)) % 2 == 0
    inspector.keep()
    inspector.selection = np.arange(len(inspector.scene)) % 4 == 0
    inspector.delete()
    inspector.selection = np.arange(len(inspector.scene)) % 5 == 0
    inspector.undo()
    inspector.undo()
    inspector.undo()
    return inspector


def steps(inspector, move: str) -> list[tuple]:
    """States on the way to the end of the history."""
    found = [state(inspector)]
    while getattr(inspector, move)():
        found.append(state(inspector))
    return found


@pytest.fixture(params=["photos", "gaussians"])
def inspector(request):
    if request.param == "photos":
        return worked_on(sw.Scene.of(builders.make_scene()))
    return worked_on(sw.Scene(builders.make_gaussians(300, 1)))


def test_undo_and_redo_go_on(inspector, tmp_path):
    saved = sw.save(inspector, tmp_path / "a.splatscene")
    assert saved.verified is not None
    again = sw.inspect(sw.load(saved))
    assert state(again) == state(inspector)
    for move in ("redo", "undo", "redo"):
        expected, found = steps(inspector, move), steps(again, move)
        assert len(found) > 3 and found == expected


@pytest.mark.parametrize("moves", [[], ["undo"], ["undo", "undo", "redo"], ["redo", "redo"]])
def test_it_survives_a_second_file(inspector, tmp_path, moves):
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    for move in moves:
        assert getattr(again, move)() and getattr(inspector, move)()
    third = sw.inspect(sw.load(sw.save(again, tmp_path / "b.splatscene")))
    for move in ("undo", "redo"):
        assert steps(third, move) == steps(inspector, move)


def test_what_was_done_since_is_undone_first(inspector, tmp_path):
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    for one in (again, inspector):
        one.selection = np.arange(len(one.scene)) % 11 == 0
        one.delete()
        assert not one.redo()
    assert steps(again, "undo") == steps(inspector, "undo")


def test_it_ends_at_a_move(inspector, tmp_path):
    inspector.move((0, 0, 1))
    inspector.selection = np.arange(len(inspector.scene)) % 2 == 0
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    assert torch.equal(again.scene.means, inspector.scene.means)
    assert again.undo() and not again.selection.any() and not again.undo()


@pytest.mark.parametrize("change", ["other", "type", "gone", "new"])
def test_it_ends_where_an_own_attribute_was_changed_since(tmp_path, change):
    scene = sw.Scene(builders.make_gaussians(50, 0))
    attributes.register("score", np.arange(50.0), scene=scene)
    inspector = sw.inspect(scene)
    inspector.selection = np.arange(50) % 2 == 0
    inspector.delete()
    if change == "gone":
        attributes.unregister("score", scene=inspector.scene)
    else:
        name = "further" if change == "new" else "score"
        numbers = np.arange(25) if change == "type" else np.full(25, -1.0)
        attributes.register(name, numbers, scene=inspector.scene)
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    assert again.undo() == (change == "new")
    if change == "new":
        assert (attributes.values(again.scene, "score") == np.arange(50)).all()


def test_it_is_bounded(inspector, tmp_path, monkeypatch):
    sizes = []
    for most in (0, 30_000, 2**26):
        monkeypatch.setattr(history, "_MOST_BYTES", most)
        saved = sw.save(inspector, tmp_path / "a.splatscene")
        again = sw.inspect(sw.load(saved))
        assert np.array_equal(again.selection, inspector.selection)
        sizes.append((saved.bytes, len(steps(again, "undo"))))
    assert sizes[0][1] == 1 and sizes == sorted(sizes) and sizes[0][0] < sizes[2][0]


def test_what_own_attributes_take_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "_MOST_BYTES", 100_000)
    kept = []
    for number in (0, 40):
        scene = sw.Scene.of(builders.make_scene().gaussians)
        for name in range(number):
            attributes.register(f"own_{name}", np.arange(len(scene)) / 3, scene=scene)
        inspector = sw.inspect(scene)
        inspector.selection = np.arange(len(scene)) % 2 == 0
        inspector.delete()
        kept.append(sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene"))).undo())
    assert kept == [True, False]


def test_a_selection_that_is_given_has_no_history(inspector, tmp_path):
    scene = sw.load(sw.save(inspector, tmp_path / "a.splatscene"))
    again = sw.inspect(scene, selection=np.ones(len(scene), bool))
    assert again.selection.all() and not again.undo()


def test_the_script_says_which_lines_a_file_kept(inspector, tmp_path):
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    again.selection = np.arange(len(again.scene)) % 2 == 0
    again.keep()
    assert "read before you run" in again.script and "sw.load" not in again.script


def test_what_is_written_is_read_however_long_the_script_is(tmp_path, monkeypatch, capsys):
    """Each move keeps the lines of the selections before it."""
    inspector = sw.inspect(sw.Scene.of(builders.make_scene().gaussians))
    rng = np.random.default_rng(0)
    for _ in range(4):
        inspector.selection = rng.random(len(inspector.scene)) < 0.5
        inspector.move((0, 0, 1))
        inspector.selection = rng.random(len(inspector.scene)) < 0.5
    whole = sw.inspect(sw.load(sw.save(inspector, tmp_path / "a.splatscene")))
    assert whole.script.count("from_text") == inspector.script.count("from_text") == 5
    for name in ("_MOST_STEPS", "_MOST_LINES"):
        monkeypatch.setattr(history, name, 500)
    again = sw.inspect(sw.load(sw.save(inspector, tmp_path / "b.splatscene")))
    assert np.array_equal(again.selection, inspector.selection)
    assert again.script.count("from_text") == 1 and not again.undo()
    assert "keeps its selection alone" in capsys.readouterr().out
    monkeypatch.setattr("splat_widgets.io.scenefile.writing.MAX_JSON_BYTES", 1000)
    before = (tmp_path / "a.splatscene").read_bytes()
    with pytest.raises(sw.io.SceneFileError, match=r"scene\.json of at most 1,000 bytes"):
        sw.save(inspector, tmp_path / "a.splatscene")
    assert (tmp_path / "a.splatscene").read_bytes() == before

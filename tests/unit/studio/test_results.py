"""The list of scenes and their files."""

import pytest

from splat_widgets import io
from splat_widgets.io.folder import saved_files
from splat_widgets.studio.results import KEPT, ResultList

from .conftest import scene


def test_the_last_scenes_stay(tmp_path):
    results = ResultList(tmp_path)
    for number in range(KEPT + 2):
        results.add(scene(3), f"scene {number}")
    assert [result.id for result in results] == [7, 6, 5, 4, 3]
    assert results.shown == 7
    with pytest.raises(ValueError, match="no scene 1 in the list; there are: 7, 6"):
        results.get(1)
    assert not results.forget(5)
    assert results.forget(7) and results.shown is None


def test_a_scene_has_one_name_and_is_saved_once(tmp_path):
    (tmp_path / "scene-001.ply").touch()
    results = ResultList(tmp_path)
    first, second = (results.add(scene(3), "scene") for _ in range(2))
    assert [first.name, second.name] == ["scene-002.ply", "scene-003.ply"]
    path = results.save(second.id)
    assert path == results.get(second.id).saved == tmp_path / "scene-003.ply"
    assert results.save(second.id) == path
    assert saved_files(tmp_path).count("scene-003.ply") == 1 and len(saved_files(tmp_path)) == 2
    # Another studio was faster, or somebody deleted the file.
    (tmp_path / first.name).touch()
    assert results.save(first.id).name == results.get(first.id).name == "scene-004.ply"
    path.unlink()
    assert results.save(second.id) == path and len(io.read(path)) == 3


def test_a_scene_from_elsewhere_is_saved_under_its_name(tmp_path):
    results = ResultList(tmp_path / "out")
    elsewhere = io.write(tmp_path / "mine.ply", scene(3))
    opened = results.add(scene(3), "mine.ply", saved=elsewhere)
    assert results.save(opened.id) == tmp_path / "out" / "mine.ply"


def test_an_edit_joins_the_list_once_until_it_is_saved(tmp_path):
    results = ResultList(tmp_path)
    first = results.add(scene(9), "scene")
    assert not results.show_edited(first.scene)
    half, third, fifth = scene(4), scene(3), scene(2)
    assert results.show_edited(half) and results.show_edited(third)
    edited, origin = results
    assert edited.scene is third and edited.title == "scene (edited)" and origin == first
    assert results.shown == edited.id
    results.save(edited.id)
    assert results.show_edited(fifth)
    assert [len(one.scene) for one in results] == [2, 3, 9]
    assert len({one.name for one in results}) == 3
    assert results.show_edited(first.scene) and results.shown == first.id  # undone

"""Scenes that a page may merge, by name and by file, and the way from one frame to the other."""

from types import SimpleNamespace

import builders
import numpy as np
import pytest
import torch

import splat_widgets as sw
from splat_widgets.inspector import Inspector, merging
from splat_widgets.scene.scene import Scene

from .conftest import run


@pytest.fixture
def notebook(monkeypatch, tmp_path) -> dict:
    """The names of a notebook, with an output folder of its own."""
    names: dict = {}
    monkeypatch.setattr(merging, "get_ipython", lambda: SimpleNamespace(user_ns=names))
    monkeypatch.setenv("SPLAT_WIDGETS_OUTPUT_DIR", str(tmp_path))
    return names


@pytest.fixture
def shifted(scene) -> Scene:
    """The same photos, in the frame of the second camera."""
    found = Scene.of(scene)
    return found.transformed(found.cameras[1].T_camera_world)


def test_scenes_with_names_and_files_are_listed(notebook, scene, tmp_path, make_page) -> None:
    notebook.update({"room": Scene.of(scene), "_hidden": Scene.of(scene), "number": 3})
    sw.save(Scene.of(scene), tmp_path / "kept.splatscene")
    inspector = Inspector(scene)
    make_page(inspector).say("action", name="list_scenes")
    assert inspector.mergeable == ["room", "kept.splatscene"]


def test_a_page_merges_a_scene_of_the_same_photos(notebook, scene, shifted, make_page) -> None:
    notebook["other_room"] = shifted
    inspector = Inspector(scene)
    make_page(inspector).say("action", name="merge", other="other_room")
    count = len(inspector.scene) // 2
    # Carried back by the camera of a photo that both have, the copy lies on the original.
    both = inspector.scene.means
    torch.testing.assert_close(both[count:], both[:count], atol=1e-5, rtol=0)
    assert "camera of" in inspector.message["text"]
    assert "other = other_room" in str(inspector.script)
    scope = {"scene": Scene.of(scene), "other_room": shifted}
    exec(str(inspector.script), scope)
    assert torch.equal(scope["inspector"].scene.means, both)
    assert inspector.undo() and len(inspector.scene) == count


def test_a_page_merges_a_file_of_one_frame(notebook, scene, tmp_path, make_page) -> None:
    path = sw.save(Scene.of(scene), tmp_path / "kept.splatscene")
    inspector = Inspector(scene)
    make_page(inspector).say("action", name="merge", other="kept.splatscene")
    assert len(inspector.scene) == 2 * len(Scene.of(scene)) and not inspector.message["text"]
    assert f"other = sw.load({str(path)!r})" in str(inspector.script)
    assert torch.equal(run(inspector, Scene.of(scene)).scene.means, inspector.scene.means)


def test_what_cannot_be_merged_is_said(notebook, scene, tmp_path, make_page) -> None:
    (tmp_path / "secret.txt").write_text("no scene")
    notebook["alone"] = Scene.of(builders.make_gaussians(20, 0))
    inspector = Inspector(scene)
    page = make_page(inspector)
    for name, words in (
        ("secret.txt", "the name of a scene in this notebook"),
        ("../secret.ply", "the name of a scene in this notebook"),
        ("alone", "share no photo"),
    ):
        page.say("action", name="merge", other=name)
        assert words in inspector.message["text"]
    assert len(inspector.scene) == len(Scene.of(scene))
    inspector.merge(notebook["alone"], np.eye(4))
    assert len(inspector.scene) == len(Scene.of(scene)) + 20

"""`view`: one scene, or several side by side."""

import ipywidgets
import pytest

import splat_widgets as sw
from splat_widgets.scene.scene import Scene


def test_a_list_of_scenes_stands_side_by_side(scene, gaussians):
    for given in ([scene, gaussians], (scene, gaussians)):
        box = sw.view(given, height=300)
        assert isinstance(box, ipywidgets.HBox)
        assert [len(viewer.scene) for viewer in box.children] == [800, 200]
        assert {viewer.height for viewer in box.children} == {300}
        assert {viewer.layout.width for viewer in box.children} == {"100%"}
    link = sw.link(*box.children, selection=False, settings=False)
    box.children[1].reset_camera()
    assert box.children[0].camera == box.children[1].camera
    link.unlink()


def test_one_scene_is_a_viewer(scene):
    assert isinstance(sw.view(scene), sw.SplatViewer)
    assert isinstance(Scene.of(scene).show(), sw.SplatViewer)


def test_a_list_that_cannot_be_shown_is_refused(scene):
    with pytest.raises(ValueError, match="expected at least one scene to show, got an empty list"):
        sw.view([])
    with pytest.raises(TypeError, match="got int"):
        sw.view([scene, 3])
    with pytest.raises(TypeError, match=r"got list; `sw\.view\(\[a, b\]\)` shows several"):
        sw.inspect([scene, scene])

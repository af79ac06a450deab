"""A file that looks plain, shown both ways."""

import pytest
import torch
from ply_files import plain, save, trained
from traitlets import TraitError

from splat_widgets import io
from splat_widgets.inspector import Inspector
from splat_widgets.viewer import SplatViewer

RIGHT = torch.from_numpy(plain(trained(), "opacity")["opacity"])


@pytest.fixture
def suspect(tmp_path):
    return io.read(save(tmp_path / "a.ply", plain(trained(), "opacity", "scale")))


@pytest.mark.parametrize("widget", [SplatViewer, Inspector])
def test_the_other_reading_is_a_switch(suspect, widget):
    for viewer in (widget(suspect), widget()):
        viewer.scene = suspect
        assert viewer._doubt == "The opacities and sizes of this file look plain."
        assert not viewer.read_plain
        camera = viewer.camera
        viewer.read_plain = True
        torch.testing.assert_close(viewer.scene.opacities, RIGHT)
        assert viewer._doubt and viewer.camera == camera and not viewer.scene.notices
        viewer.read_plain = False
        assert viewer.scene.record is suspect.record
        viewer.read_plain = True
        viewer.scene = viewer.scene.select([1, 2])
        assert not viewer._doubt and not viewer.read_plain
        viewer.close()


def test_a_scene_without_doubt_has_no_switch(suspect):
    viewer = SplatViewer(suspect.gaussians)
    assert viewer._doubt == ""
    with pytest.raises(TraitError, match="expected a scene whose file looks plain"):
        viewer.read_plain = True
    viewer.scene = None
    assert not viewer.read_plain


def test_the_page_may_throw_the_switch(suspect):
    viewer = SplatViewer(suspect, read_plain=True)
    torch.testing.assert_close(viewer.scene.opacities, RIGHT)
    assert viewer.read_plain
    viewer._on_traits({"kind": "traits", "view": "a", "values": {"read_plain": False}}, [])
    assert viewer.scene.record is suspect.record

"""A refined scene and its prediction in one viewer."""

from dataclasses import replace

import builders
import numpy as np
import pytest
from traitlets import TraitError

from splat_widgets.inspector import Inspector
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer import SplatViewer


def refined() -> Scene:
    """A scene whose network had predicted fewer Gaussians."""
    predicted = builders.make_scene(seed=1).select(range(30))
    return Scene.of(replace(builders.make_scene(), predicted=predicted))


@pytest.mark.parametrize("kind", [SplatViewer, Inspector])
def test_the_switch_shows_the_other_scene_from_the_same_place(kind) -> None:
    scene = refined()
    viewer = kind(scene)
    assert viewer._has_predicted and not viewer.show_predicted
    place = {**viewer.camera, "position": (1.0, 2.0, 3.0)}
    viewer.camera = place
    sent = []
    viewer.send = lambda content, buffers=None: sent.append(content)
    viewer._on_ready({"kind": "ready", "view": "a", "transfer": None}, [])
    viewer.show_predicted = True
    assert len(viewer.scene) == 30 and viewer.camera == place
    headers = [content["header"] for content in sent if content["kind"] == "scene"]
    assert headers[-1]["count"] == 30
    viewer.show_predicted = False
    assert viewer.scene is scene and viewer.camera == place
    assert viewer._has_predicted


def test_a_new_scene_ends_the_prediction() -> None:
    viewer = SplatViewer(refined(), show_predicted=True)
    assert len(viewer.scene) == 30
    viewer.scene = refined()
    assert not viewer.show_predicted and len(viewer.scene) == 800
    viewer.scene = builders.make_gaussians()
    assert not viewer._has_predicted
    with pytest.raises(TraitError, match="refined scene"):
        viewer.show_predicted = True
    viewer.scene = None
    assert not viewer._has_predicted


def test_what_is_edited_keeps_the_prediction_and_the_prediction_can_be_edited() -> None:
    viewer = Inspector(refined())
    viewer.selection = np.arange(800) < 100
    viewer.keep()
    assert len(viewer.scene) == 100 and viewer._has_predicted
    viewer.show_predicted = True
    assert len(viewer.scene) == 30
    viewer.show_predicted = False
    assert len(viewer.scene) == 100
    viewer.show_predicted = True
    viewer.selection = np.arange(30) < 4
    viewer.keep()
    assert len(viewer.scene) == 4
    assert not viewer.show_predicted and not viewer._has_predicted

"""A comparison in the kernel: what it takes, one camera, one selection, what it leaves behind."""

from dataclasses import replace

import builders
import numpy as np
import pytest
import torch
from traitlets import TraitError

import splat_widgets as sw
from splat_widgets.comparison.sheets import opened
from splat_widgets.scene.reconstruction import Reconstruction


@pytest.fixture
def scene() -> sw.Scene:
    return sw.Scene.of(builders.make_scene())


@pytest.fixture
def turned(scene) -> sw.Scene:
    """The same photos in the other order, in the frame of the other camera."""
    whole = scene.reconstruction
    back = scene.cameras[1].T_camera_world
    cameras = [
        replace(camera, T_world_camera=back @ camera.T_world_camera)
        for camera in reversed(scene.cameras)
    ]
    return sw.Scene.of(
        Reconstruction.of_maps(
            whole.maps[::-1],
            photos=whole.photos[::-1],
            cameras=tuple(cameras),
            pose_inlier_ratios=whole.pose_inlier_ratios,
            timings=whole.timings,
        )
    )


def test_a_refined_scene_alone_is_compared_with_its_prediction(scene):
    before = replace(builders.make_scene(seed=3), photos=scene.photos)
    refined = sw.Scene.of(replace(scene.reconstruction, predicted=before))
    found = sw.compare(refined)
    assert found.titles == ["predicted", "refined"] and found.notes == []
    assert found.scenes[0].record is refined.reconstruction.predicted
    assert repr(found) == "Comparison(predicted: 800 | refined: 800 Gaussians)"


def test_what_cannot_be_compared_is_told_in_a_sentence(scene, tmp_path):
    empty = scene[np.zeros(800, bool)]
    for given, error, words in (
        ((), ValueError, "expected 2 to 6 scenes to compare, got 0"),
        ((scene,), ValueError, "one refined scene, which has a prediction"),
        ((scene,) * 7, ValueError, "expected 2 to 6 scenes to compare, got 7$"),
        ((scene, empty), ValueError, "got none in number 2"),
        ((scene, 3), TypeError, "expected a scene"),
        ((scene, sw.SplatViewer()), TypeError, "an empty SplatViewer"),
        ((scene, tmp_path / "no.ply"), FileNotFoundError, "no.ply"),
    ):
        with pytest.raises(error, match=words):
            sw.compare(*given)
    for traits, error, words in (
        ({"titles": ["a"]}, ValueError, "expected 2 titles, one for each scene, got 1"),
        ({"titles": "ab"}, ValueError, "expected 2 titles, one for each scene, got 'ab'"),
        ({"align": "x"}, ValueError, "expected align as one of"),
        ({"hieght": 3}, TypeError, "no argument 'hieght'"),
        ({"pair": [0, 2]}, TraitError, "two different places from 0 to 1, got 0 and 2"),
        ({"pair": [1, 1]}, TraitError, "got 1 and 1"),
        ({"attribute": "wings"}, TraitError, "expected an attribute that all scenes have"),
        ({"mode": "stack"}, TraitError, "stack"),
    ):
        with pytest.raises(error, match=words):
            sw.compare(scene, scene, **traits)


def test_a_viewer_that_was_closed_still_has_its_scene(scene):
    viewer = sw.view(scene)
    viewer.close()
    assert len(sw.compare(scene, viewer).scenes) == 2


def test_titles_come_from_files_photos_and_numbers(scene, turned, tmp_path):
    first, second = (sw.save(scene, tmp_path / name) for name in ("a.ply", "b.ply"))
    assert sw.compare([first, second]).titles == ["a.ply", "b.ply"]
    assert sw.compare(first, first).titles == ["a.ply (1)", "a.ply (2)"]
    assert sw.compare(scene, scene).titles == ["scene 1", "scene 2"]
    assert sw.compare(scene, turned).titles == ["photo 1, photo 2", "photo 2, photo 1"]
    assert sw.compare(scene, turned, titles=("x", "y")).titles == ["x", "y"]


def test_one_camera_is_carried_to_every_frame(scene, turned):
    found = sw.compare(scene, turned, height=200)
    assert [view.height for view in found.views] == [200, 200]
    assert "photo 1" in found.notes[0]
    found.camera = scene.cameras[1]  # the first one of the other scene
    assert np.allclose(found.views[1].camera["position"], 0, atol=1e-6)
    assert np.allclose(found.views[1].camera["up"], (0, -1, 0), atol=1e-6)
    assert found.camera == found.views[0].camera
    with pytest.raises(ValueError, match="fov_deg from 1 to 170"):
        found.camera = {**found.camera, "fov_deg": 0}


def test_one_selection_where_the_pixels_agree(scene, turned):
    found = sw.compare(scene, turned, scene.gaussians)
    assert "“scene 3” stay its own" in found.notes[-1]
    first, second, alone = found.views
    first.selection = scene.view == 0
    assert np.array_equal(second.selection, turned.view == 1) and not alone.selection.any()
    second.picked = 5
    assert first.picked == 400 + 5 and alone.picked == -1
    second.picked = -1
    assert first.picked == -1
    second.keep()  # an edit stays with its own view
    assert len(second.selection) == 400 and len(first.selection) == 800
    first.selection = np.arange(800) < 3
    assert second.selection.sum() == 3, "the pixels of what was kept"
    first.color_by = "confidence"
    assert second.color_by == "confidence" and alone.color_by == ""


def test_an_undo_counts_for_scenes_that_agree_row_by_row(scene):
    found = sw.compare(scene, scene)
    found.views[0].selection = [1, 2]
    assert found.views[1].selected.tolist() == [1, 2]
    assert found.views[1].undo()
    assert not found.views[0].selection.any() and not found.views[0].undo()


def test_the_still_shows_every_scene_below_its_name(scene, turned):
    found = sw.compare(scene, turned)
    content = found._picture()
    assert content.text == repr(found)
    picture = opened(content.jpeg)
    height, width = picture.shape[:2]
    assert height == 30 + 20 and width == 2 * 40 + 8
    assert torch.tensor(picture[:20].astype(int)).min() < 128, "the names"


def test_everything_is_closed_with_it(scene):
    found = sw.compare(scene, scene, mode="wipe", wipe_at=0.25)
    assert found.mode == "wipe" and found.wipe_at == 0.25
    parts = [found, *found.views]
    assert all(part.comm is not None for part in parts)
    found.close()
    found.close()
    assert all(part.comm is None for part in parts)
    found.views[0].selection = [1]
    assert not found.views[1].selection.any()


def test_views_that_show_one_attribute_share_a_colour_scale(scene):
    low, high = (
        replace(
            scene,
            gaussians=replace(scene.gaussians, scales=scene.scales * factor),
            reconstruction=None,
        )
        for factor in (1, 10)
    )
    found = sw.compare(low, high, align="none")
    first, second = found.views
    assert first.color_range == second.color_range == []
    first.color_by = "scale_largest"
    own = [np.percentile(s.scales.numpy().max(1), [1, 99]) for s in (low, high)]
    expected = [min(own[0][0], own[1][0]), max(own[0][1], own[1][1])]
    np.testing.assert_allclose(first.color_range, expected, rtol=1e-5)
    assert second.color_range == first.color_range
    second.color_by = ""
    assert first.color_range == second.color_range == []
    second.color_by = "opacity"
    assert first.color_range == [0, 1]
    first.color_range = [0.2, 0.3]
    second.color_by = "scale_largest"
    assert first.color_range == second.color_range == [0.2, 0.3], "the user's own stays"
    first.color_range = []
    np.testing.assert_allclose(second.color_range, expected, rtol=1e-5)
    found.one_range = False
    assert first.color_range == second.color_range == []
    assert sw.compare(low, high, one_range=False, color_by="opacity").views[0].color_range == []
    assert sw.compare(low, high, color_by="opacity").views[1].color_range == [0, 1]

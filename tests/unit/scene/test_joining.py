"""`a + b`: parts of one scene, and what does not say the same frame."""

import builders
import pytest
import torch

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene


def test_parts_of_a_scene_make_it_again(known):
    mask = (known.view == 1) & (known.row % 3 == 0)
    both = known[mask] + known[~mask]
    order = torch.cat([mask.nonzero()[:, 0], (~mask).nonzero()[:, 0]])
    assert both.reconstruction is not None and both.selected_from is None
    for name in ("means", "sh", "view", "row", "confidence", "points"):
        assert torch.equal(getattr(both, name), getattr(known, name)[order]), name
    assert both.source_pixel(0) == known[mask].source_pixel(0)
    if known.evidence is not None:
        assert torch.equal(both.evidence.checked, known.evidence.checked[order])


def test_scenes_with_equal_cameras_are_joined_without_photos():
    first, second = builders.make_scene(), builders.make_scene(seed=1)
    both = Scene.of(first) + Scene(second.gaussians, first.cameras)
    assert len(both) == 1600 and both.reconstruction is None
    assert torch.equal(both.means[800:], second.gaussians.means)


def test_the_way_is_named_where_frames_are_not_said(scene):
    first = Scene.of(scene)
    elsewhere = Camera.centred(20.0, 20, 20, torch.eye(4) + torch.eye(4)[[3, 3, 3, 3]].T)
    for other, got in (
        (Scene(scene.gaussians), "got one without cameras"),
        (Scene(scene.gaussians, (first.cameras[0], None)), "got other cameras"),
        (Scene(scene.gaussians, (first.cameras[0], elsewhere)), "got other cameras"),
        (Scene(scene.gaussians, first.cameras[:1]), "got other cameras"),
    ):
        for pair in ((first, other), (other, first)):
            with pytest.raises(ValueError, match=rf"{got}.*a\.gaussians \+ b\.gaussians"):
                pair[0] + pair[1]
    for wrong in (3, scene.gaussians, None):
        with pytest.raises(TypeError, match="unsupported operand"):
            first + wrong


def test_gaussians_are_joined_as_they_stand(gaussians):
    both = gaussians + gaussians[:5]
    assert len(both) == 205 and torch.equal(both.sh[200:], gaussians.sh[:5])
    with pytest.raises(ValueError, match="expected one SH degree"):
        gaussians + builders.make_gaussians(3, degree=0)

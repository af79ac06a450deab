"""A picture of a scene from its first camera, or from where the viewer first looks."""

import builders
import pytest
import torch

from splat_widgets.rendering import psnr
from splat_widgets.rendering.preview import preview, preview_png
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene


def test_preview_shows_the_first_photo(known):
    own = torch.from_numpy(known.photos[0].pixels / 255).float()
    one = known.select(known.view == 0)
    covered = preview(one, size=48).alpha > 0.9
    assert covered.float().mean() > 0.9
    right = psnr(preview(one, size=48).color, own, mask=covered)
    flipped = psnr(preview(one, size=48).color.flip(0), own, mask=covered)
    assert right > 25 and right > flipped + 6


@pytest.mark.parametrize(("size", "shown"), [(None, (16, 8)), (4, (4, 2)), (30, (30, 15))])
def test_it_is_twice_the_crop_unless_a_size_is_given(gaussians, size, shown):
    picture = preview(Scene(gaussians, (None, Camera.centred(9.0, 8, 4))), size=size)
    assert picture.color.shape[1::-1] == shown


def test_a_scene_without_cameras_is_seen_and_stands_on_white():
    ball = builders.make_balls(torch.tensor([[0.0, 0, 4], [0.1, 0, 4], [torch.nan, 0, 0]]))
    picture = preview(ball, size=40)
    assert picture.color.shape == (40, 40, 3) and picture.alpha.max() > 0.9
    assert torch.equal(picture.color[0, 0], torch.ones(3))
    assert preview_png(ball, size=40).startswith(b"\x89PNG")

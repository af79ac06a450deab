"""From raw channels to points, Gaussians and descriptors."""

from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.splatt3r.heads import activate_points


@torch.no_grad()
def test_ranges(model: Splatt3R, pictures):
    maps = model(*pictures((48, 48), (48, 48))).second
    assert (maps.confidence > 1).all() and (maps.scales > 0).all()
    assert ((maps.opacities > 0) & (maps.opacities < 1)).all()
    torch.testing.assert_close(maps.quaternions.norm(dim=-1), torch.ones(1, 48, 48))
    torch.testing.assert_close(maps.means, maps.points + maps.offsets)
    assert maps.descriptors is None


@torch.no_grad()
def test_higher_degrees_add_to_the_photo_in_the_constant_term_only(model: Splatt3R, pictures):
    torch.manual_seed(2)
    degree2 = Splatt3R(replace(model.config, sh_degree=2)).eval()
    for head in (degree2.first_head, degree2.second_head):
        torch.nn.init.zeros_(head.gaussians.project.weight)
        torch.nn.init.zeros_(head.gaussians.project.bias)
    first, second = pictures((48, 48), (48, 48))
    sh = degree2(first, second).first.sh
    assert sh.shape == (1, 48, 48, 9, 3)
    shown = 0.5 + 0.28209479177387814 * sh[..., 0, :]
    torch.testing.assert_close(shown, first.movedim(1, -1))
    assert sh[..., 1:, :].abs().max() == 0


def test_a_network_without_descriptors_says_so(model: Splatt3R, pictures):
    bare = Splatt3R(replace(model.config, descriptor_dim=0))
    with pytest.raises(ValueError, match="no descriptor branch"):
        bare(*pictures((48, 48), (48, 48)), descriptors=True)


def test_points_keep_their_direction_and_grow_exponentially():
    raw = torch.tensor([[0.0, 3.0, -4.0, 0.0], [0.0, 0.0, 0.0, 2.0]], dtype=torch.float64)
    points, confidence = activate_points(raw)
    expected = torch.tensor([[0, 0.6, -0.8], [0, 0, 0]]).double() * (torch.e**5 - 1)
    torch.testing.assert_close(points, expected)
    torch.testing.assert_close(confidence, torch.tensor([2.0, 1 + torch.e**2]).double())


@torch.no_grad()
def test_raw_channels_have_their_order(model: Splatt3R, pictures):
    """A bias in the last layer of an otherwise silent branch shows in one field alone."""
    head = Splatt3R(model.config).eval().first_head
    layer = head.gaussians.project
    torch.nn.init.zeros_(layer.weight)
    layer.bias.copy_(torch.arange(14.0) / 10)
    tokens = [torch.zeros(1, 9, d) for d in (model.config.encoder_dim, model.config.decoder_dim)]
    layers = [tokens[0], *[tokens[1]] * model.config.decoder_depth]
    maps = head(layers, (3, 3), torch.full((1, 3, 48, 48), 0.5), lambda: None, descriptors=False)
    x = torch.arange(14.0) / 10
    length = x[:3].norm()
    offset = x[:3] / length * (torch.exp(length - 6) - torch.e**-6)
    torch.testing.assert_close(maps.offsets[0, 5, 7], offset)
    torch.testing.assert_close(maps.scales[0, 5, 7], x[3:6].exp())
    wxyz = x[[9, 6, 7, 8]]
    torch.testing.assert_close(maps.quaternions[0, 5, 7], wxyz / wxyz.norm())
    torch.testing.assert_close(maps.sh[0, 5, 7, 0], x[10:13])
    torch.testing.assert_close(maps.opacities[0, 5, 7], x[13].sigmoid())

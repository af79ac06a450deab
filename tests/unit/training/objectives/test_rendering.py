import math
from dataclasses import replace

import pytest
import torch

from splat_widgets.conventions import SH_C0
from splat_widgets.models.splatt3r.network import PairMaps
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.training.objectives.losses import FOOTPRINT
from splat_widgets.training.objectives.rendering import excess, render_targets, rendering_losses
from splat_widgets.training.procedural.scenes import in_camera, render_pairs, seen_by_context

SIZE = 64


@pytest.fixture(scope="module")
def pairs():
    return render_pairs(range(600, 606), SIZE, targets=1)


def true_maps(pairs, scale=1.0):
    """What a network without error would say: a small sphere on every surface point."""
    depth = in_camera(pairs.points, pairs.T_first_camera)[..., 2]
    views = []
    for view in range(2):
        sigma = FOOTPRINT * depth[:, view] / pairs.focal_px[:, None, None]
        shape = sigma.shape
        views.append(
            PhotoMaps(
                points=scale * pairs.points[:, view],
                confidence=torch.ones(shape),
                offsets=torch.zeros(*shape, 3),
                scales=scale * sigma[..., None].repeat(1, 1, 1, 3),
                quaternions=torch.tensor([1.0, 0, 0, 0]).expand(*shape, 4),
                opacities=0.95 * pairs.valid[:, view].float(),
                sh=((pairs.images[:, view].movedim(1, -1) - 0.5) / SH_C0)[..., None, :],
            )
        )
    return PairMaps(*views)


def test_the_truth_rendered_from_a_target_looks_like_the_target(pairs):
    found = rendering_losses(true_maps(pairs), pairs)
    shifted = replace(pairs, targets=replace(pairs.targets, images=pairs.targets.images.roll(1, 0)))
    other = rendering_losses(true_maps(pairs), shifted)
    assert found["color"] < 0.006  # 22 dB: edges of one pixel's width, no anti-aliasing
    assert found["color"] < other["color"] / 5
    assert found["perceptual"] < other["perceptual"] / 1.5


def test_the_scale_of_the_guess_does_not_matter(pairs):
    one, twice = render_targets(true_maps(pairs), pairs), render_targets(true_maps(pairs, 2), pairs)
    assert torch.allclose(one, twice, atol=1e-3)


def test_only_what_the_pair_has_seen_counts(pairs):
    maps, seen = true_maps(pairs), seen_by_context(pairs)
    noise = torch.rand_like(pairs.targets.images)
    images = torch.where(seen[:, :, None], pairs.targets.images, noise)
    spoiled = replace(pairs, targets=replace(pairs.targets, images=images))
    assert 0 < (~seen).float().mean()
    for name, value in rendering_losses(maps, pairs).items():
        # A coefficient of the pyramid sees a little beyond the mask.
        tolerance = 1e-6 if name == "color" else 0.15 * float(value)
        assert abs(rendering_losses(maps, spoiled)[name] - value) <= tolerance, name


def test_gaussians_out_of_reach_are_called_back_before_they_overflow(pairs):
    few = pairs.select(torch.arange(1))
    maps = true_maps(few)
    assert excess(maps, few) == 0
    # One splat of 2e4 px, one offset of a thousand times the distance, in half a million numbers.
    scales, offsets = maps.first.scales.clone(), maps.first.offsets.clone()
    distance = maps.first.points.norm(dim=-1)[0, 5, 5]
    scales[0, 5, 5] = 2e4 * distance / few.focal_px[0]
    offsets[0, 5, 5, 2] = 1e3 * distance
    scales.requires_grad_(), offsets.requires_grad_()
    loss = excess(PairMaps(replace(maps.first, scales=scales, offsets=offsets), maps.second), few)
    expected = (math.log(2e4 / 8) ** 2 + math.log(1e3 / 0.3) ** 2) / (2 * SIZE**2)
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    loss.backward()
    assert (scales.grad[0, 5, 5] > 0).all() and offsets.grad[0, 5, 5, 2] > 0
    assert scales.grad.count_nonzero() == 3 and offsets.grad.count_nonzero() == 1


def test_every_map_of_the_gaussians_gets_a_gradient(pairs):
    few = pairs.select(torch.arange(2))
    maps = true_maps(few)
    names = ("offsets", "scales", "quaternions", "opacities", "sh")
    leaves = {name: getattr(maps.second, name).clone().requires_grad_() for name in names}
    leaves["scales"].data *= torch.tensor([1.0, 2.0, 0.5])  # round ones do not turn
    losses = rendering_losses(PairMaps(maps.first, replace(maps.second, **leaves)), few)
    sum(losses.values()).backward()
    for name, leaf in leaves.items():
        assert leaf.grad.isfinite().all() and leaf.grad.abs().sum() > 0, name


def test_pairs_without_targets_are_refused():
    pairs = render_pairs([1, 2], 32)
    with pytest.raises(ValueError, match="target"):
        rendering_losses(true_maps(pairs), pairs)
    with pytest.raises(ValueError, match="target"):
        render_targets(true_maps(pairs), pairs)


def test_splats_that_have_all_faded_leave_a_loss_that_can_be_differentiated(pairs):
    few = pairs.select(torch.arange(1))
    maps = true_maps(few)
    faded = torch.zeros_like(maps.first.opacities).requires_grad_()
    faded_maps = PairMaps(*(replace(m, opacities=faded) for m in (maps.first, maps.second)))
    found = rendering_losses(faded_maps, few)
    (found["color"] + found["perceptual"]).backward()
    assert found["color"] > 0 and (faded.grad == 0).all()

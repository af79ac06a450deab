from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.training.procedural.scenes import render_pairs
from splat_widgets.training.run.recipe import Weights, read_recipe
from splat_widgets.training.run.trainee import Auxiliary, initialise, losses, point_errors

SIZES = replace(
    Splatt3RConfig.micro(), image_size=32, decoder_depth=4, decoder_heads=2, descriptor_dim=0
)


@pytest.fixture
def trainee():
    torch.manual_seed(0)
    model = Splatt3R(SIZES)
    initialise(model)
    return model, Auxiliary(SIZES)


@pytest.fixture(scope="module")
def pairs():
    return render_pairs(range(4), 32, targets=1)


def test_first_splats_are_small_round_and_opaque_and_ahead(trainee):
    model, _ = trainee
    images = torch.rand(2, 1, 3, 32, 32)
    with torch.no_grad():
        maps = model(images[0], images[1]).second
    assert 0 < maps.offsets.norm(dim=-1).max() < 1e-3
    assert (maps.quaternions == torch.tensor([1.0, 0, 0, 0])).all()
    assert 0.003 < maps.scales.min() and maps.scales.max() < 0.04
    assert maps.opacities.min() > 0.8
    assert 1 < maps.points[..., 2].mean() < 8
    colour = 0.5 + 0.28209479 * maps.sh[0, :, :, 0]
    assert torch.allclose(colour, images[1, 0].permute(1, 2, 0), atol=1e-5)


def test_what_the_pictures_show_reaches_the_points_from_the_start():
    torch.manual_seed(0)
    network = read_recipe("embedded").network
    assert network is not None
    model = Splatt3R(replace(network, image_size=64))
    initialise(model)
    pairs = render_pairs(range(6), 64, shadows=False)
    with torch.no_grad():
        depth = model(pairs.images[:, 0], pairs.images[:, 1]).second.points[..., 2]
    # Else a short training ends with one mean point map for all pictures. PyTorch's own
    # initialisation of the convolutions leaves 0.0003 m.
    assert depth.std(0).mean() > 0.02


LEARNS = {
    "encoder": ("model.encoder.", "auxiliary.describe", "auxiliary.locate", "auxiliary.coarse_own"),
    "trunk": ("model.encoder.", "model.decoder.", "auxiliary."),
    "points": ("model.",),
    "gaussians": ("model.first_head.gaussians", "model.second_head.gaussians"),
    "all": ("model.",),
}


@pytest.mark.parametrize("part", LEARNS)
def test_a_part_trains_what_it_says_and_nothing_else(trainee, pairs, part):
    model, auxiliary = trainee
    losses(model, auxiliary, pairs, part, Weights(), closed_form=True)["total"].backward()
    whole = torch.nn.ModuleDict({"model": model, "auxiliary": auxiliary})
    moved = {
        name
        for name, p in whole.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }
    named = dict(whole.named_parameters())
    # The last key bias drops out of a softmax, and biases near it may cancel.
    wanted = {name for name in named if name.startswith(LEARNS[part]) and "bias" not in name}
    assert wanted <= moved, wanted - moved
    allowed = LEARNS[part] + (("auxiliary.",) if part == "points" else ())
    assert not {name for name in moved if not name.startswith(allowed)}


@pytest.mark.parametrize("part", ["points", "gaussians"])
def test_training_lowers_the_loss_on_one_batch(trainee, pairs, part):
    model, auxiliary = trainee
    parameters = [*model.parameters(), *auxiliary.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=5e-3 if part == "points" else 1e-3)
    totals = []
    for _ in range(30 if part == "points" else 12):
        optimizer.zero_grad()
        loss = losses(model, auxiliary, pairs, part, Weights(), closed_form=True)["total"]
        loss.backward()
        optimizer.step()
        totals.append(float(loss.detach()))
    assert totals[-1] < (0.6 if part == "points" else 0.97) * totals[0]


def test_errors_of_the_truth_are_zero_and_of_another_scale_only_before_it_is_found(pairs):
    assert max(point_errors(pairs.points, pairs).values()) == 0
    found = point_errors(2 * pairs.points, pairs)
    assert found["error1"] == pytest.approx(1, abs=0.2) and found["aligned1"] < 1e-5

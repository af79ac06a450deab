from dataclasses import replace

import pytest
import torch

from splat_widgets.model.config import Splatt3RConfig
from splat_widgets.model.splatt3r import Splatt3R
from splat_widgets.training.recipe import (
    CHECKPOINT,
    Recipe,
    Run,
    Trainee,
    embedded_config,
    read_average,
    train,
)
from splat_widgets.training.scenes import render_pairs

SMALL = Recipe(
    config=replace(
        Splatt3RConfig.micro(), image_size=32, decoder_depth=4, decoder_heads=2, descriptor_dim=0
    ),
    steps=6,
    encoder_steps=2,
    trunk_steps=2,
    decay_steps=2,
    warmup_steps=2,
    batch_size=2,
    gaussians_every=2,
)


def test_rate_rises_stays_and_falls():
    recipe = Recipe(steps=1000, decay_steps=200, warmup_steps=100, learning_rate=1.0)
    assert recipe.rate(0) == pytest.approx(0.01)
    assert recipe.rate(99) == recipe.rate(500) == recipe.rate(800) == 1.0
    assert recipe.rate(900) == pytest.approx(0.5) and recipe.rate(1000) == 0.0


def test_first_splats_are_small_round_and_opaque_and_ahead():
    torch.manual_seed(0)
    model = Trainee(SMALL.config).model
    images = torch.rand(2, 1, 3, 32, 32)
    with torch.no_grad():
        maps = model(images[0], images[1]).second
    assert maps.offsets.abs().max() == 0
    assert (maps.quaternions == torch.tensor([1.0, 0, 0, 0])).all()
    assert 0.003 < maps.scales.min() and maps.scales.max() < 0.04
    assert maps.opacities.min() > 0.8
    assert 1 < maps.points[..., 2].mean() < 8
    colour = 0.5 + 0.28209479 * maps.sh[0, :, :, 0]
    assert torch.allclose(colour, images[1, 0].permute(1, 2, 0), atol=1e-5)


def test_what_the_pictures_show_reaches_the_points_from_the_start():
    torch.manual_seed(0)
    model = Trainee(replace(embedded_config(), image_size=64)).model
    pairs = render_pairs(range(6), 64, shadows=False)
    with torch.no_grad():
        depth = model(pairs.images[:, 0], pairs.images[:, 1]).second.points[..., 2]
    # Else a short training ends with one mean point map for all pictures. PyTorch's own
    # initialisation of the convolutions leaves 0.0003 m.
    assert depth.std(0).mean() > 0.02


def test_every_weight_that_matters_gets_a_gradient():
    torch.manual_seed(0)
    trainee = Trainee(SMALL.config)
    trainee.loss(render_pairs(range(4), 32), SMALL, gaussians=True)["total"].backward()
    silent = {
        name
        for name, p in trainee.named_parameters()
        if p.grad is None or not p.grad.abs().sum() > 0
    }
    # The last key bias drops out of a softmax; everything else must learn.
    assert not {name for name in silent if "bias" not in name}, silent


def test_training_lowers_the_loss_on_one_batch():
    torch.manual_seed(0)
    trainee, pairs = Trainee(SMALL.config), render_pairs(range(4), 32)
    optimizer = torch.optim.Adam(trainee.parameters(), lr=5e-3)
    totals = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = trainee.loss(pairs, SMALL, gaussians=True)["total"]
        loss.backward()
        optimizer.step()
        totals.append(float(loss.detach()))
    assert totals[-1] < 0.6 * totals[0]


def test_a_killed_run_goes_on_where_its_checkpoint_stands(tmp_path):
    run = Run(SMALL, tmp_path)
    for _ in range(3):
        run.advance()
    run.save()
    resumed = Run(SMALL, tmp_path)
    resumed.load()
    assert resumed.step == 3 and resumed.seconds == run.seconds
    for name, value in run.trainee.state_dict().items():
        assert torch.equal(resumed.trainee.state_dict()[name], value), name
    train(resumed, evaluate_every=100, log_every=1, num_held_out=2)
    assert resumed.step == SMALL.steps
    assert (tmp_path / "train.csv").read_text().count("\n") == 1 + 3
    assert not list(tmp_path.glob("*.partial"))
    model, record = read_average(tmp_path / CHECKPOINT)
    assert record["step"] == SMALL.steps and model.config == SMALL.config
    moved = [
        not torch.equal(value, run.trainee.model.state_dict()[name])
        for name, value in model.state_dict().items()
    ]
    assert any(moved)


def test_embedded_network_fits_its_share_of_the_wheel():
    with torch.device("meta"):
        parameters = sum(p.numel() for p in Splatt3R(embedded_config()).parameters())
    assert 2 * parameters < 20e6

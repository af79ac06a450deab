from dataclasses import replace

import pytest
import torch

from splat_widgets.model import Splatt3R
from splat_widgets.model.config import Splatt3RConfig
from splat_widgets.training.data import HELD_OUT_SEED
from splat_widgets.training.evaluate import (
    best_depth,
    evaluate,
    held_out,
    mean_point_map,
    plane,
)
from splat_widgets.training.export import (
    DEMO_SEED,
    card,
    columns_better_than_mean,
    second_has_little_effect,
)
from splat_widgets.training.fit import RunRecord
from splat_widgets.training.recipe import Recipe, Stage
from splat_widgets.training.scenes import in_camera, render_pairs
from splat_widgets.training.trainee import initialise

SIZES = replace(Splatt3RConfig.micro(), image_size=32, descriptor_dim=0)


def fresh():
    model = Splatt3R(SIZES)
    initialise(model)
    return model.eval()


@pytest.fixture(scope="module")
def evaluation():
    torch.manual_seed(0)
    model = fresh()
    return evaluate(model, 12, num_mean_scenes=16)


def test_held_out_scenes_are_fixed_and_never_the_demo():
    blocks = held_out(10, 16)
    seeds = torch.cat([block.seeds for block in blocks]).tolist()
    assert seeds == list(range(HELD_OUT_SEED, HELD_OUT_SEED + 10))
    assert DEMO_SEED >= HELD_OUT_SEED + 256


def test_guesses_are_judged_beside_the_network(evaluation):
    assert evaluation.num_scenes == 12
    for errors in (evaluation.network, evaluation.mean_points, evaluation.constant_depth):
        assert all(0.05 < value < 2 for value in errors.to_json().values())
    # An untrained network is no better than the mean of the scenes.
    assert evaluation.network.first > 0.8 * evaluation.mean_points.first
    assert evaluation.table().count("\n") == 5


def test_plane_lies_at_its_depth_behind_every_pixel():
    pairs = render_pairs(range(2), 16, shadows=False)
    points = plane(pairs, 2.5)
    assert torch.allclose(in_camera(points, pairs.T_first_camera)[:, 0, ..., 2], torch.tensor(2.5))
    ray = pairs.points[:, 0] / pairs.points[:, 0, ..., 2:]
    assert torch.allclose(points[:, 0] / 2.5, ray, atol=1e-4)


def test_card_says_whether_the_second_photo_counts(evaluation):
    run = RunRecord(fresh(), Recipe(stages=(Stage("points", 10),), network=SIZES), 10, 60.0)
    used = replace(
        evaluation,
        network=replace(evaluation.network, second_aligned=0.1),
        same_photo_twice=replace(evaluation.same_photo_twice, second_aligned=0.2),
    )
    unused = replace(used, same_photo_twice=replace(used.network))
    assert not second_has_little_effect(used) and second_has_little_effect(unused)
    assert "rises\nfrom 0.100 to 0.200" in card(run, used)
    assert "little effect" in card(run, unused)
    assert used.table() in card(run, used)


def test_card_counts_where_the_mean_of_all_scenes_is_beaten(evaluation):
    run = RunRecord(fresh(), Recipe(stages=(Stage("points", 10),), network=SIZES), 10, 60.0)
    better = replace(evaluation.mean_points, first=0.01, second_aligned=0.01)
    some = replace(evaluation, network=better)
    assert columns_better_than_mean(some) == 2
    assert "in 2 of the 4\ncolumns" in card(run, some)


def test_best_depth_is_that_of_a_world_that_is_a_plane():
    pairs = render_pairs(range(4), 32, shadows=False)
    wall = replace(pairs, points=plane(pairs, 3.7), valid=torch.ones_like(pairs.valid))
    assert 3.7 / 1.06 < best_depth([wall]) < 3.7 * 1.06  # candidates are 10 % apart


def test_mean_point_map_is_the_mean_of_the_scenes():
    mean = mean_point_map(16, 32)
    pairs = render_pairs(range(16), 32, shadows=False)
    valid = pairs.valid[..., None]
    direct = torch.where(valid, pairs.points, 0.0).sum(0) / valid.sum(0).clamp_min(1)
    many = (pairs.valid.sum(0) > 12)[..., None].expand_as(direct)
    off = (mean - direct).abs()[many]
    assert off.median() < 0.15  # metres; interpolated from every fourth pixel
    assert mean[..., 16, 16, 2].mean() > 2 and mean[0, 16, 0, 0] < -1 < 1 < mean[0, 16, 31, 0]

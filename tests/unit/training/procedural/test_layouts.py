"""Furniture has the sizes that people know, and stands where it can."""

import math

import pytest
import torch

from splat_widgets.training.procedural.layouts import _TABLE, Draws, sample_scene


@pytest.fixture(scope="module")
def rooms():
    """200 furnished rooms of 5 x 2.6 x 6 metres."""
    room = torch.tensor([5.0, 2.6, 6.0]).expand(200, 3)
    focus = torch.tensor([0.0, -1.5, 0.0]).expand(200, 3)
    indoors = torch.zeros(200, dtype=torch.bool)
    return sample_scene(Draws(range(200)), focus, torch.zeros(200), room, indoors)


def corners(solids):
    """(B, P, 8, 3) corners of the boxes around all solids, world."""
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3)
    local = signs * solids.halves[:, :, None]
    turned = torch.einsum("bpij,bpkj->bpki", solids.rotations, local)
    return solids.centers[:, :, None] + turned


def test_everything_stands_above_the_floor_and_below_the_ceiling(rooms):
    solids = rooms.solids
    upright = [p for p, kind in enumerate(solids.kinds) if kind != "ellipsoid"]  # these may tilt
    height = -corners(solids)[..., 1][:, upright][solids.present[:, upright]]
    assert (height > -1e-4).all() and (height < 2.6 + 1e-4).all()


def test_tables_have_four_legs_from_the_floor_to_the_top(rooms):
    table = slice(*_TABLE)
    height = -corners(rooms.solids)[:, table, :, 1]  # (B, 5, 8)
    top, legs = height[:, 0], height[:, 1:]
    assert ((top.amax(1) > 0.70 - 1e-4) & (top.amax(1) < 0.78 + 1e-4)).all()
    assert torch.allclose(legs.amin(2), torch.zeros(200, 4), atol=1e-5)
    assert torch.allclose(legs.amax(2), top.amin(1)[:, None].expand(200, 4), atol=1e-5)
    present = rooms.solids.present[:, table]
    assert torch.equal(present.all(1), present.any(1))
    assert 0.25 < present[:, 0].float().mean() < 0.45


def test_too_many_draws_are_refused():
    with pytest.raises(RuntimeError, match="NUM_DRAWS"):
        Draws([1]).uniform(0, 1, 10**6)


def test_draws_have_their_distribution():
    draws = Draws(range(400))
    sample = draws.normal(200)
    assert abs(sample.mean()) < 0.02 and abs(sample.std() - 1) < 0.02
    logs = draws.log_uniform(0.1, 10, 200).log()
    assert abs(logs.mean()) < 0.03 and abs(logs.std() - math.log(100) / math.sqrt(12)) < 0.03

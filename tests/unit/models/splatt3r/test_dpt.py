"""The dense head: sizes, and its parts against slower ones."""

import pytest
import torch
from torch.nn.functional import interpolate

from splat_widgets.models.splatt3r.dpt import DPT, Fusion, Reassemble, ResidualUnit


@torch.no_grad()
@pytest.mark.parametrize("grid", [(1, 1), (2, 4), (3, 5)])
def test_every_grid_becomes_sixteen_times_as_large(grid):
    torch.manual_seed(0)
    head, steps = DPT((8, 6, 6, 6), (3, 4, 5, 6), features=8, last=4, channels=7), []
    layers = [torch.randn(2, grid[0] * grid[1], dim) for dim in (8, 6, 6, 6)]
    assert head(layers, grid, lambda: steps.append(1)).shape == (2, 7, 16 * grid[0], 16 * grid[1])
    assert len(steps) == DPT.STEPS


@torch.no_grad()
def test_tokens_lie_in_raster_order_at_four_two_one_and_half_the_grid():
    for branch, factor in enumerate((4, 2, 1, 0.5)):
        part = Reassemble(3, 4, 5, branch)
        assert part(torch.randn(1, 24, 3), (4, 6)).shape == (1, 5, 4 * factor, 6 * factor)
    part = Reassemble(1, 1, 1, 2)
    part.project.weight.fill_(1)
    part.project.bias.zero_()
    torch.nn.init.dirac_(part.adapt.weight)
    tokens = torch.arange(6.0)
    assert part(tokens.reshape(1, 6, 1), (2, 3))[0, 0].tolist() == [[0, 1, 2], [3, 4, 5]]


@torch.no_grad()
def test_fusion_adds_the_finer_map_and_doubles_before_or_after_the_projection():
    torch.manual_seed(1)
    fusion, x, skip = Fusion(4, has_skip=True), *torch.randn(2, 1, 4, 3, 5)
    assert fusion.skip_unit is not None
    fused = fusion.unit(x + fusion.skip_unit(skip))
    large = interpolate(fused, size=(6, 10), mode="bilinear", align_corners=True)
    torch.testing.assert_close(fusion(x, skip), fusion.project(large))


@torch.no_grad()
def test_the_residual_is_untouched():
    unit, x = ResidualUnit(4), -torch.rand(1, 4, 3, 3)
    unit.conv2.bias.zero_()
    unit.conv1.bias.fill_(-1)  # what is negative does not pass a ReLU
    assert torch.equal(unit(x), x)

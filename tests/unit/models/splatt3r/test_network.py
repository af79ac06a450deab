from dataclasses import replace

import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig


@pytest.fixture(scope="module")
def model() -> Splatt3R:
    torch.manual_seed(0)
    return Splatt3R(Splatt3RConfig.micro()).eval()


def pictures(*sizes: tuple[int, int], batch: int = 1) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(batch, 3, *size, generator=generator) for size in sizes]


@torch.no_grad()
def test_shapes_of_a_mixed_pair(model: Splatt3R):
    maps = model(*pictures((48, 64), (64, 32), batch=2), descriptors=True)
    assert maps.first.points.shape == (2, 48, 64, 3)
    assert maps.second.quaternions.shape == (2, 64, 32, 4)
    assert maps.second.sh.shape == (2, 64, 32, 1, 3)
    assert maps.first.opacities.shape == maps.first.confidence.shape == (2, 48, 64)
    assert maps.first.descriptors is not None
    assert maps.first.descriptors.shape == (2, 48, 64, 24)


@torch.no_grad()
def test_items_of_a_batch_do_not_mix(model: Splatt3R):
    first, second = pictures((48, 48), (48, 48), batch=3)
    together, alone = model(first, second), model(first[1:2], second[1:2])
    torch.testing.assert_close(together.second.points[1:2], alone.second.points)
    torch.testing.assert_close(together.first.sh[1:2], alone.first.sh)


@torch.no_grad()
def test_ranges(model: Splatt3R):
    maps = model(*pictures((48, 48), (48, 48))).second
    assert (maps.confidence > 1).all() and (maps.scales > 0).all()
    assert ((maps.opacities > 0) & (maps.opacities < 1)).all()
    torch.testing.assert_close(maps.quaternions.norm(dim=-1), torch.ones(1, 48, 48))
    torch.testing.assert_close(maps.means, maps.points + maps.offsets)
    assert maps.descriptors is None


@torch.no_grad()
def test_higher_degrees_add_to_the_photo_in_the_constant_term_only(model: Splatt3R):
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


def test_heads_stay_in_float32(model: Splatt3R):
    half = Splatt3R(model.config).eval().to_trunk_dtype(torch.bfloat16)
    assert half.dtype == torch.bfloat16
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        maps = half(*pictures((48, 48), (48, 48)))
    assert {maps.first.points.dtype, maps.first.sh.dtype} == {torch.float32}


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 3, 40, 48), "multiples of 16"), ((3, 48, 48), "B, 3, H, W"), ((0, 3, 48, 48), "sides")],
)
def test_bad_pictures_are_refused(model: Splatt3R, shape: tuple, message: str):
    with pytest.raises(ValueError, match=message):
        model(torch.rand(shape), torch.rand(1, 3, 48, 48))


def test_a_network_without_descriptors_says_so(model: Splatt3R):
    bare = Splatt3R(replace(model.config, descriptor_dim=0))
    with pytest.raises(ValueError, match="no descriptor branch"):
        bare(*pictures((48, 48), (48, 48)), descriptors=True)

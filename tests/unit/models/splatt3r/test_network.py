import pytest
import torch

from splat_widgets.models.splatt3r import Splatt3R


@torch.no_grad()
def test_shapes_of_a_mixed_pair(model: Splatt3R, pictures):
    maps = model(*pictures((48, 64), (64, 32), batch=2), descriptors=True)
    assert maps.first.points.shape == (2, 48, 64, 3)
    assert maps.second.quaternions.shape == (2, 64, 32, 4)
    assert maps.second.sh.shape == (2, 64, 32, 1, 3)
    assert maps.first.opacities.shape == maps.first.confidence.shape == (2, 48, 64)
    assert maps.first.descriptors is not None
    assert maps.first.descriptors.shape == (2, 48, 64, 24)


@torch.no_grad()
def test_items_of_a_batch_do_not_mix(model: Splatt3R, pictures):
    first, second = pictures((48, 48), (48, 48), batch=3)
    together, alone = model(first, second), model(first[1:2], second[1:2])
    torch.testing.assert_close(together.second.points[1:2], alone.second.points)
    torch.testing.assert_close(together.first.sh[1:2], alone.first.sh)


def test_heads_stay_in_float32(model: Splatt3R, pictures):
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

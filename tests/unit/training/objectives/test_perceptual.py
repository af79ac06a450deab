import numpy as np
import pytest
import torch

from splat_widgets.training.objectives.perceptual import normalised_bands, perceptual_distance


def pictures(count=3, size=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, size // 4, size // 4, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")


def test_equal_pictures_are_at_distance_zero_and_the_gradient_there_is_finite():
    a = pictures().requires_grad_()
    distance = perceptual_distance(a, a.detach().clone())
    assert distance.shape == (3,) and distance.abs().max() == 0
    distance.sum().backward()
    assert a.grad is not None and a.grad.isfinite().all()


def test_flat_pictures_differ_by_their_low_pass_band_alone():
    low, high = torch.full((1, 3, 128, 128), 0.2), torch.full((1, 3, 128, 128), 0.7)
    bands = normalised_bands(low[:, :1])
    assert [band.shape[-1] for band in bands] == [128, 64, 32, 16, 8, 4]
    assert all(band.abs().max() < 1e-5 for band in bands[:-1])
    last = [c / (0.2782 + (0.2215 + 0.0717) * c) for c in (0.2, 0.7)]
    expected = abs(last[1] - last[0]) / 6
    assert perceptual_distance(low, high).item() == pytest.approx(expected, rel=1e-3)


def test_first_band_is_that_of_a_plain_loop():
    grey = pictures(1, 16)[:, :1].double()
    (x,), taps = grey[0].numpy(), np.array([0.05, 0.25, 0.4, 0.25, 0.05])

    def blur(values):
        padded = np.pad(values, 2, mode="reflect")
        kernel = np.outer(taps, taps)
        return np.array(
            [[(padded[i : i + 5, j : j + 5] * kernel).sum() for j in range(16)] for i in range(16)]
        )

    spread = np.zeros((16, 16))
    spread[::2, ::2] = blur(x)[::2, ::2]
    band = x - 4 * blur(spread)
    size = np.abs(np.pad(band, 1, mode="reflect"))
    around = 0.1011 * size[:-2, 1:-1] + 0.1493 * size[1:-1, :-2]
    around = around + 0.1460 * size[1:-1, 2:] + 0.1015 * size[2:, 1:-1]
    np.testing.assert_allclose(normalised_bands(grey)[0][0, 0], band / (0.0248 + around), atol=1e-9)


def test_gradient_agrees_with_finite_differences():
    a, b = pictures(2, 8, seed=1).double().requires_grad_(), pictures(2, 8, seed=2).double()
    mask = torch.rand(2, 8, 8, generator=torch.Generator().manual_seed(3)) < 0.6
    assert torch.autograd.gradcheck(lambda x: perceptual_distance(x, b, mask=mask), a)


def test_noise_that_structure_hides_counts_less():
    flat, generator = torch.full((1, 3, 64, 64), 0.5), torch.Generator().manual_seed(5)
    busy = flat + 0.3 * (torch.rand(1, 3, 64, 64, generator=generator) - 0.5)
    noise = 0.04 * (torch.rand(1, 1, 64, 64, generator=generator) - 0.5)
    hidden = perceptual_distance(busy, busy + noise)
    # As squared errors the two are equal.
    assert hidden < 0.8 * perceptual_distance(flat, flat + noise)


def test_only_masked_pixels_count():
    a, b = pictures(seed=1), pictures(seed=2)
    mask = torch.zeros(3, 64, 64, dtype=torch.bool)
    mask[:, :32] = True
    inside = perceptual_distance(a, b, mask=mask)
    elsewhere = a.clone()
    elsewhere[:, :, 32:] = 0
    assert torch.equal(inside, perceptual_distance(elsewhere, b, mask=mask))
    assert (inside > 0.1).all()
    assert perceptual_distance(a, b, mask=torch.zeros_like(mask)).abs().max() == 0
    full = perceptual_distance(a, b, mask=torch.ones_like(mask))
    assert torch.allclose(full, perceptual_distance(a, b))


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="two batches"):
        perceptual_distance(torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 8))
    with pytest.raises(ValueError, match="mask"):
        perceptual_distance(
            torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16), mask=torch.ones(1, 8, 8) > 0
        )

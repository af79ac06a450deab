import numpy as np
import pytest
import torch

from splat_widgets.rendering import ssim


def picture(seed, height=24, width=20):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(height, width, 3, generator=generator, dtype=torch.float64)


def by_loops(a, b, mask):
    """Windows one by one, weights over the pixels that count, plain numpy."""
    H, W, _ = a.shape
    values = []
    for row, col in np.argwhere(mask):
        rows = slice(max(0, row - 5), min(H, row + 6))
        cols = slice(max(0, col - 5), min(W, col + 6))
        dy, dx = np.mgrid[rows, cols] - np.array([row, col])[:, None, None]
        weight = np.exp(-(dx**2 + dy**2) / (2 * 1.5**2)) * mask[rows, cols]
        weight = weight / weight.sum()
        for channel in range(3):
            x, y = a[rows, cols, channel], b[rows, cols, channel]
            mx, my = (weight * x).sum(), (weight * y).sum()
            vx, vy = (weight * (x - mx) ** 2).sum(), (weight * (y - my) ** 2).sum()
            cov = (weight * (x - mx) * (y - my)).sum()
            top = (2 * mx * my + 1e-4) * (2 * cov + 9e-4)
            values.append(top / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4)))
    return np.mean(values)


def test_equal_pictures_have_one_and_unrelated_ones_little():
    assert ssim(picture(0), picture(0)) == pytest.approx(1)
    assert abs(ssim(picture(0), picture(1))) < 0.1
    assert ssim(picture(0), 1 - picture(0)) < -0.5


def test_flat_pictures_differ_by_the_luminance_term():
    a, b = torch.full((16, 16, 3), 0.2), torch.full((16, 16, 3), 0.8)
    expected = (2 * 0.2 * 0.8 + 1e-4) / (0.2**2 + 0.8**2 + 1e-4)
    assert ssim(a, b) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_agrees_with_plain_loops(share):
    a, b = picture(2), 0.6 * picture(2) + 0.4 * picture(3)
    mask = torch.rand(24, 20, generator=torch.Generator().manual_seed(4)) < share
    expected = by_loops(a.numpy(), b.numpy(), mask.numpy())
    assert ssim(a, b, mask=mask) == pytest.approx(expected, abs=1e-9)
    if share == 1:
        assert ssim(a, b) == pytest.approx(expected, abs=1e-9)


def test_pixels_outside_the_mask_are_not_looked_at():
    a, b = picture(5), picture(6)
    mask = torch.zeros(24, 20, dtype=torch.bool)
    mask[:12] = True
    changed = torch.where(mask[..., None], b, torch.zeros_like(b))
    assert ssim(a, b, mask=mask) == ssim(a, changed, mask=mask)
    with pytest.raises(ValueError, match="selects none"):
        ssim(a, b, mask=torch.zeros_like(mask))


def test_whole_numbers_and_other_shapes_are_refused():
    with pytest.raises(TypeError, match="divide 8-bit"):
        ssim(picture(0).byte(), picture(0).byte())
    with pytest.raises(ValueError, match="one shape"):
        ssim(picture(0), picture(0)[1:])

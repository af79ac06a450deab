"""Maps of photos: their Gaussians pixel by pixel, one item of a batch."""

import torch

from splat_widgets.scene.maps import gaussians_of

PREDICTED = ("points", "confidence", "offsets", "scales", "quaternions", "opacities", "sh")


def test_gaussians_run_over_the_pixels_photo_after_photo(scene):
    gaussians = gaussians_of(scene.maps, 2.5)
    height, width = scene.maps[0].confidence.shape
    for photo, row, col in ((0, 0, 0), (0, 3, 7), (1, 0, 1), (1, height - 1, width - 1)):
        k, maps = (photo * height + row) * width + col, scene.maps[photo]
        mean = maps.points[row, col] + maps.offsets[row, col]
        torch.testing.assert_close(gaussians.means[k], 2.5 * mean)
        torch.testing.assert_close(gaussians.scales[k], 2.5 * maps.scales[row, col])
        for name in ("quaternions", "opacities", "sh"):
            assert torch.equal(getattr(gaussians, name)[k], getattr(maps, name)[row, col])


def test_an_item_of_a_batch(scene):
    one, two = scene.maps
    batch = type(one)(*(torch.stack([getattr(m, f) for m in (one, two)]) for f in PREDICTED))
    for item, expected in enumerate((one, two)):
        found = batch.unbatched(item)
        assert all(torch.equal(getattr(found, f), getattr(expected, f)) for f in PREDICTED)
        assert found.descriptors is None

"""Photos keep every pixel, whether they are compressed or not."""

import builders
import numpy as np
import pytest

from splat_widgets.io.scenefile import pictures


@pytest.mark.parametrize("fast", [False, True])
def test_full_photos_keep_every_pixel(fast):
    pixels = builders.PHOTOS[0][:, 3:]
    suffix, data = pictures.encoded(pixels, "full", is_whole=True, fast=fast)
    assert suffix == ".png" and (len(data) > pixels.nbytes) == fast
    np.testing.assert_array_equal(pictures.decoded(f"a{suffix}", data), pixels)

"""A photo's crop and focal length in sides, against its own way back to the original."""

from dataclasses import replace

import numpy as np
import pytest
from builders import photo

from splat_widgets.photos.photo import load_photo
from splat_widgets.refinement.shots import shot_of


@pytest.mark.parametrize("width, height", [(1600, 1200), (900, 1200), (300, 400), (700, 700)])
def test_the_window_is_the_crop(width, height):
    one = load_photo(photo(0, width, height), image_size=128)
    shot = shot_of(one)
    assert shot.side_px == min(512, width, height)
    row = col = np.array([0.0, 40, 127])
    x, y = one.to_original(row, col)
    expected = (np.stack([x, y], -1) - [width / 2, height / 2]) / min(width, height)
    got = shot.window.centres(128)[row.astype(int), col.astype(int)]
    np.testing.assert_allclose(got, expected, atol=0.004)  # the crop's sides are whole pixels


def test_pixels_of_the_picture_are_those_of_the_photo():
    shot = shot_of(load_photo(photo(0, 1600, 1200), image_size=128))
    height, width = shot.picture.shape[:2]
    corner = shot.to_sides(np.array([[0.0, 0], [width, height]]))
    np.testing.assert_allclose(corner, [[-2 / 3, -0.5], [2 / 3, 0.5]], atol=1e-3)


def test_the_focal_length_is_in_sides_of_the_photo():
    one = load_photo(photo(0, 800, 600), image_size=128)
    assert shot_of(one).focal_sides is None
    assert shot_of(one, focal_px=720).focal_sides == pytest.approx(1.2)
    lying = replace(one, focal_px=40.0)  # EXIF of another camera: 0.07 sides
    assert shot_of(lying).focal_sides is None
    assert shot_of(replace(one, focal_px=720.0)).focal_sides == pytest.approx(1.2)

"""Arrays as photos."""

import numpy as np
import pytest
from PIL import Image

from splat_widgets.photos.opening import open_photo
from splat_widgets.photos.source import PhotoError


def test_floats_are_rounded_to_the_nearest_level():
    levels = open_photo(np.array([[0, 0.499 / 255, 0.501 / 255, 0.999, 1]]))
    np.testing.assert_array_equal(np.asarray(levels)[0, :, 0], [0, 0, 1, 255, 255])


def test_floats_a_hair_outside_are_cut_off():
    rounded = np.array([[-1e-7, -0.01, 1 + 1e-6, 1.01, 0.5]], np.float32)
    levels = np.asarray(open_photo(rounded))[0, :, 0]
    np.testing.assert_array_equal(levels, [0, 0, 255, 255, 128])
    picture = Image.fromarray(rounded)
    np.testing.assert_array_equal(np.asarray(open_photo(picture))[0, :, 0], levels)
    overshoot = open_photo(np.array([[1.0009765625]], np.float16))  # the next after 1
    assert overshoot.getpixel((0, 0)) == (255, 255, 255)


def test_grey_arrays_become_rgb():
    grey = (np.arange(64).reshape(8, 8) * 4).astype(np.uint8)
    whole = np.asarray(open_photo(grey))
    np.testing.assert_array_equal(whole, np.repeat(grey[..., None], 3, -1))
    np.testing.assert_array_equal(np.asarray(open_photo(grey / 255)), whole)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((4, 4, 4), np.uint8), "drop the alpha channel"),
        (np.zeros((3, 8, 8), np.uint8), "move the channels last"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"expected shape .* got \(2, 4, 4, 3\)"),
        (np.zeros(5, np.uint8), r"expected shape"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.zeros((4, 4), np.int64), "expected uint8 or floats in .* got int64"),
        (np.zeros((4, 4), bool), "got bool"),
        (np.full((4, 4), 200.0), "expected floats in .* got 200 to 200; .*divide"),
        (np.array([[-0.1, 0.5], [1, 0]]), r"got -0.1 to 1 \(1 of 4 values outside\); .*clip"),
        (np.array([[0, 1.3], [1.2, 0]]), r"got 0 to 1.3 \(2 of 4 values outside\)"),
        (np.array([[0, np.nan]]), r"got nan to nan \(1 of 2 values are not finite\)"),
        (np.array([[0, np.inf]]), r"got 0 to inf \(1 of 2 values are not finite\)"),
    ],
)
def test_unusable_arrays_are_explained(array, reason):
    with pytest.raises(PhotoError, match=reason):
        open_photo(array)


def test_a_pil_image_of_floats_is_read_as_an_array_of_floats():
    levels = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    got = np.asarray(open_photo(Image.fromarray(levels)))
    assert np.array_equal(got, np.asarray(open_photo(levels))) and got.max() == 255
    with pytest.raises(PhotoError, match=r"floats in \[0, 1\], got 0 to 255"):
        open_photo(Image.fromarray(levels * 255))

"""A rendering as a picture: shown, saved, taken by numpy."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

import splat_widgets as sw
from splat_widgets.rendering import Rendering


@pytest.fixture
def rendering(scene) -> Rendering:
    return sw.render(scene)


def test_it_says_what_it_holds_and_shows_itself(rendering):
    assert repr(rendering) == "Rendering(20 x 20 px: color, depth, alpha)"
    picture = np.asarray(Image.open(io.BytesIO(rendering._repr_png_())))
    assert np.abs(picture / 255 - np.asarray(rendering)).max() <= 0.5 / 255 + 1e-6


def test_numpy_and_matplotlib_take_its_colour():
    bright = Rendering(torch.tensor([[[0.5, 2.0, -1.0]]]), torch.ones(1, 1), torch.ones(1, 1))
    assert np.asarray(bright).tolist() == [[[0.5, 1.0, 0.0]]]
    assert np.asarray(bright, np.float64).dtype == np.float64
    figure = pytest.importorskip("matplotlib.figure").Figure()
    assert figure.subplots().imshow(bright).get_size() == (1, 1)


def test_it_is_saved_as_a_png(rendering, tmp_path):
    path = rendering.save(tmp_path / "new" / "picture.png")
    assert np.asarray(Image.open(path)).shape == (20, 20, 3)
    with pytest.raises(ValueError, match=r"ends in \.png, got 'picture\.jpg'"):
        rendering.save(tmp_path / "picture.jpg")


def test_a_guess_is_answered(rendering):
    with pytest.raises(AttributeError, match=r"no attribute 'image'; use `rendering\.color`"):
        rendering.image  # noqa: B018

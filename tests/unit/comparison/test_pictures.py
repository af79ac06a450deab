"""Pictures and attributes that are compared, against sums of their own."""

import math
from dataclasses import replace
from io import BytesIO

import builders
import numpy as np
import pytest
import torch
from PIL import Image

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.rendering import render


@pytest.fixture(scope="module")
def scene() -> sw.Scene:
    return sw.Scene.of(builders.make_scene())


@pytest.fixture(scope="module")
def faded(scene) -> sw.Scene:
    """The same Gaussians, half as opaque, without those of the last 100 pixels."""
    gaussians = replace(scene.gaussians, opacities=scene.opacities / 2)
    return sw.Scene.of(replace(scene.reconstruction, gaussians=gaussians))[: 800 - 100]


def test_the_error_of_pictures_is_that_of_their_psnr(scene, faded):
    found = sw.compare(scene, faded).difference(camera=scene.cameras[1], size=32)
    here = (32, 32)
    assert found.error.shape == here and found.first.color.shape == (*here, 3)
    one, other = (
        render(s, scene.cameras[1], size=32).color.clamp(0, 1).numpy() for s in (scene, faded)
    )
    assert np.allclose(found.error.numpy(), np.sqrt(((one - other) ** 2).mean(-1)), atol=1e-6)
    mean = float((found.error.double() ** 2).mean())
    assert found.psnr == pytest.approx(-10 * math.log10(mean), abs=1e-3)
    assert 0 < found.ssim < 1 and 0 < found.covered < 1
    picture = Image.open(BytesIO(found._repr_png_()))
    assert picture.size[0] == 3 * 32 + 2 * 8 and "PSNR" in repr(found)
    # The largest error has the last colour of the map, no error the first.
    brightness = found.error_picture.sum(-1)
    assert brightness.ravel()[int(found.error.argmax())] == brightness.max()


def test_equal_scenes_have_no_difference(scene):
    found = sw.compare(scene, scene)
    picture = found.difference(size=24)
    assert picture.psnr == math.inf and picture.ssim == pytest.approx(1)
    assert picture.error.shape == (18, 24), "the views' own camera is 4 to 3"
    values = found.attribute_difference("opacity")
    assert not values.values.any() and values.limits == (-1, 1)


def test_an_attribute_differs_by_pixel_and_in_numbers(scene, faded):
    found = sw.compare(scene, faded, titles=["a", "b"]).attribute_difference("opacity")
    expected = -scene.opacities.numpy()[:700] / 2
    assert np.allclose(found.values, expected)
    assert [one.shape for one in found.maps] == [(20, 20), (20, 20)]
    assert np.isnan(found.maps[1].ravel()[-100:]).all()
    assert np.allclose(found.maps[0].ravel(), expected[:400])
    assert (found.first.count, found.second.count, found.difference.count) == (800, 700, 700)
    assert found.difference.median == pytest.approx(np.median(expected))
    counts, edges = found.histogram
    low, high = found.limits
    assert low == -high and len(edges) == len(counts) + 1
    assert counts.sum() == np.count_nonzero(np.abs(expected) <= high)
    assert "Opacity of b minus a" in repr(found)
    assert (found.pictures[1].reshape(-1, 3)[-100:] == 128).all(), "grey where there is no pixel"
    assert Image.open(BytesIO(found._repr_png_())).size[0] == 2 * 260 + 8


def test_lengths_are_given_in_the_first_scenes_unit(scene):
    """Twice as large: with `align="size"` all lengths are equal."""
    large = scene.scaled(2.0)
    as_is = sw.compare(scene, large).attribute_difference("scale_largest")
    assert np.allclose(as_is.values, attributes.values(scene, "scale_largest"), rtol=1e-5)
    sized = sw.compare(scene, large, align="size")
    for name in ("scale_largest", "volume", "own_depth"):
        found = sized.attribute_difference(name)
        assert np.abs(found.values).max() < 1e-5 * np.abs(attributes.values(scene, name)).max()
    # Coordinates of another frame mean something else.
    assert "x" in {item["name"] for item in sw.compare(scene, scene).catalogue}
    with pytest.raises(ValueError, match=r"means the same in each .*got 'x'"):
        sized.attribute_difference("x")


def test_without_common_pixels_the_numbers_are_there(scene):
    found = sw.compare(scene, scene.gaussians).attribute_difference("opacity")
    assert found.maps == () and len(found.values) == 0
    assert "one of the scenes lacks photos" in found.problem and found.problem in repr(found)
    assert found.first.median == found.second.median and found._repr_png_() is None
    with pytest.raises(ValueError, match="share pixels"):
        found.picture()


def test_the_table_has_every_statistic_of_every_scene(scene, faded):
    pytest.importorskip("pandas")
    comparison = sw.compare(scene, faded, titles=["a", "b"])
    table = comparison.table("opacity", "scale_largest")
    assert table.loc["opacity", ("median", "b")] == pytest.approx(
        float(np.median(attributes.values(faded, "opacity")))
    )
    assert table.loc["opacity", ("count", "a")] == 800 and table.shape == (2, 18)
    assert table.attrs["units"]["scale_largest"] == "m"
    with pytest.raises(ValueError, match="got 'wings'"):
        comparison.table("wings")


def test_a_place_without_a_scene_is_told(scene):
    comparison = sw.compare(scene, scene)
    for call in (comparison.difference, lambda *p: comparison.attribute_difference("opacity", *p)):
        with pytest.raises(IndexError, match="places from 0 to 1, got 2"):
            call(0, 2)


def test_angles_go_round(scene):
    def hue(value: float) -> sw.Scene:
        known = replace(builders.make_scene(seed=int(value)), photos=scene.photos)
        attributes.register("turn", np.full(800, value), scene=known, unit="°", colormap="twilight")
        return sw.Scene.of(known)

    found = sw.compare(hue(350.0), hue(10.0)).attribute_difference("turn")
    assert torch.allclose(torch.from_numpy(found.values), torch.tensor(20.0))

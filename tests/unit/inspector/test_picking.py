"""All numbers of one Gaussian."""

import io

import numpy as np
import pytest
from PIL import Image

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import Inspector
from splat_widgets.inspector.picking import CROP_ENLARGEMENT, values_of


@pytest.mark.parametrize("index", [0, 157, 799])
def test_a_pick_answers_with_every_number(scene, make_page, index) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.say("ready")
    wire = int(np.flatnonzero(page.order == index)[0])
    page.say("pick", wire=wire, stack=[[wire, 0.5], [3, 0.25], [-1, 0.1], [800, 0.1]], number=7)
    assert inspector.picked == index
    (found,) = page.messages("picked")
    assert (found["index"], found["wire"], found["number"], found["view"]) == (index, wire, 7, "a")
    for attribute in attributes.available(scene):
        if attribute.slow:
            assert attribute.name not in found["values"]
            continue
        value = found["values"].pop(attribute.name)
        expected = attributes.values(scene, attribute.name)[index]
        assert (value is None and not np.isfinite(expected)) or np.float32(value) == expected
    assert found["values"] == {}
    assert found["stack"] == [
        {"wire": wire, "index": index, "weight": 0.5},
        {"wire": 3, "index": int(page.order[3]), "weight": 0.25},
    ]
    axes = np.array(found["axes"])
    cov = scene.gaussians.covariances[index].numpy()
    np.testing.assert_allclose(axes @ axes.T, cov, rtol=1e-4, atol=1e-9)
    pixel = scene.source_pixel(index)
    assert (found["source"]["view"], found["source"]["row"]) == (pixel.view, pixel.row)
    crop = np.asarray(Image.open(io.BytesIO(page.buffers("picked")[0])))
    rows = np.arange(20)[max(0, pixel.row - 16) : pixel.row + 17]
    cols = np.arange(20)[max(0, pixel.col - 16) : pixel.col + 17]
    assert crop.shape[:2] == (len(rows) * CROP_ENLARGEMENT, len(cols) * CROP_ENLARGEMENT)
    middle = CROP_ENLARGEMENT // 2
    inside = crop[middle::CROP_ENLARGEMENT, middle::CROP_ENLARGEMENT]
    where = (list(rows).index(pixel.row), list(cols).index(pixel.col))
    photo = scene.photos[pixel.view].pixels
    assert np.array_equal(inside[where], photo[pixel.row, pixel.col])


def test_a_formula_that_fails_costs_its_own_value_alone(gaussians) -> None:
    inspector = sw.inspect(gaussians)
    inspector.add_attribute("broken", lambda scene: 1 / 0)
    found = values_of(gaussians, 3)
    assert np.isnan(found["broken"]) and found["opacity"] == float(gaussians.opacities[3])

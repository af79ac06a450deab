"""Scenes that are made to be compared, by a model that knows what it sees."""

import builders
import pytest

import splat_widgets as sw

PHOTOS = builders.PHOTOS


def test_orders_of_two_photos_are_compared_in_one_frame():
    model = builders.KnownPredictor()
    found = sw.compare.of_orders(*PHOTOS, model=model, height=200)
    assert len(set(found.titles)) == 3 and found.titles[2].endswith(" twice")
    assert len(model.encoded) == 6 and found.views[0].height == 200
    one, other, twice = found.scenes
    assert found.match(0, 1).views == (1, 0) and found.match(0, 2).views == (0, 0)
    assert len(one) == len(other) == len(twice) == 2 * 48**2


def test_models_are_compared_on_the_same_photos():
    models = [builders.KnownPredictor(), builders.KnownPredictor()]
    found = sw.compare.of_models(PHOTOS, models, titles=["before", "after"])
    assert found.titles == ["before", "after"] and found.match().is_row_by_row
    assert not found.attribute_difference("own_depth").values.any()
    names = sw.compare.of_models(PHOTOS, models).titles
    assert names == ["unnamed weights (1)", "unnamed weights (2)"]
    for wrong, count in (([models[0]], 1), (models[0], 1), ("embedded", 1), (models * 4, 8)):
        with pytest.raises(ValueError, match=f"2 to 6 models to compare, got {count}"):
            sw.compare.of_models(PHOTOS, wrong)

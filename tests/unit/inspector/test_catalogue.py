"""The attributes and photos of a scene, as the page lists them."""

import pytest
from traitlets import TraitError

from splat_widgets import attributes
from splat_widgets.inspector.catalogue import check_name, items, photos
from splat_widgets.scene.scene import Scene


def test_every_attribute_is_told_as_it_is(scene) -> None:
    listed = items(Scene.of(scene))
    assert [item["name"] for item in listed] == [one.name for one in attributes.available(scene)]
    for item in listed:
        known = attributes.get(item["name"], scene)
        assert all(value == getattr(known, key) for key, value in item.items())


def test_photos_have_names_and_sizes(scene, gaussians) -> None:
    names = [photo.name for photo in scene.photos]
    assert photos(Scene.of(scene)) == [{"name": n, "width": 20, "height": 20} for n in names]
    assert photos(Scene.of(gaussians)) == photos(None) == items(None) == []


def test_names_that_a_scene_lacks_are_refused(gaussians) -> None:
    known = Scene.of(gaussians)
    assert check_name("color_by", "opacity", known) == "opacity"
    assert check_name("color_by", "", None) == ""
    for name, where, said in (
        ("opacity", None, "color_by: expected '' while there is no scene, got 'opacity'"),
        ("opacty", known, "color_by: .*did you mean 'opacity'"),
        ("confidence", known, "color_by: 'confidence' needs a scene with `confidence`"),
    ):
        with pytest.raises(TraitError, match=said):
            check_name("color_by", name, where)

"""Settings: what is refused, normalised and put back."""

import numpy as np
import pytest
from traitlets import TraitError

import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.inspector import Inspector


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("color_by", "opacty", "did you mean 'opacity'"),
        ("histogram_attribute", "nothing", "expected the name of an attribute"),
        ("scatter_attributes", ["opacity"], "two"),
        ("scatter_attributes", ["opacity", "wrong"], "wrong"),
        ("filters", {"opacty": (0, 1)}, "did you mean 'opacity'"),
        ("colormap", "jet", "viridis"),
        ("opacity_scale", -1, "opacity_scale"),
        ("overrides", ["shiny"], "isotropic"),
        ("shown_photos", [0, 2], "from 0 to 1, got photo 2"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_to_do(scene, name, value, match) -> None:
    inspector = Inspector(scene)
    before = getattr(inspector, name)
    with pytest.raises(TraitError, match=match):
        setattr(inspector, name, value)
    assert np.array_equal(getattr(inspector, name), before)


def test_what_the_page_may_not_set_is_put_back_and_said(scene) -> None:
    inspector = Inspector(scene, color_by="opacity")
    put_back: list[list[str]] = []
    inspector.send_state = lambda key=None: put_back.append(key)  # type: ignore[method-assign]
    inspector._on_message({"kind": "traits", "view": "a", "values": {"color_by": "gone"}}, [])
    assert inspector.color_by == "opacity"
    assert put_back[-1] == ["color_by"] or ["color_by"] in put_back
    assert inspector.message["level"] == "error" and "gone" in inspector.message["text"]
    camera = {"camera": dict(inspector.camera)}
    inspector._on_message({"kind": "traits", "view": "a", "values": camera}, [])
    assert "gone" in inspector.message["text"], "looking around answers nothing"
    inspector._on_message({"kind": "traits", "view": "a", "values": {"color_by": "depth"}}, [])
    assert inspector.color_by == "depth" and inspector.message["text"] == ""


def test_photos_that_a_scene_lacks_are_not_asked_for(scene, gaussians) -> None:
    inspector = Inspector(scene)
    inspector.shown_photos = (1, 0, 1)
    assert inspector.shown_photos == [0, 1]
    assert "shown_photos=[0, 1]" in inspector.script
    inspector.scene = gaussians
    assert inspector.shown_photos == []
    with pytest.raises(TraitError, match="a scene with photos"):
        inspector.shown_photos = [0]


def test_the_first_scene_of_an_empty_inspector_fills_the_plots(scene) -> None:
    inspector = sw.Inspector()
    assert inspector.histogram_attribute == "" and list(inspector.scatter_attributes) == []
    inspector.scene = scene
    direct = sw.inspect(scene)
    for name in ("histogram_attribute", "histogram_log", "scatter_attributes", "map_attribute"):
        assert getattr(inspector, name) == getattr(direct, name) != ""


def test_the_catalogue_is_looked_up_again_with_each_view(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    attributes.register("late", lambda s: s.confidence * 2, scene=scene)
    assert "late" not in {item["name"] for item in inspector.catalogue}
    page.say("ready")
    assert "late" in {item["name"] for item in inspector.catalogue}
    inspector.color_by = "late"

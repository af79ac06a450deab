"""The registry: what it lists, what users add, and what it says when something is wrong."""

from __future__ import annotations

import typing

import numpy as np
import pytest
import torch

from splat_widgets.attributes import (
    AttributeLookupError,
    Range,
    available,
    get,
    register,
    unregister,
    values,
)
from splat_widgets.attributes.records import Colormap, Group


@pytest.fixture(autouse=True)
def nothing_stays_registered():
    before = {attribute.name for attribute in available()}
    yield
    for attribute in available():
        if attribute.name not in before:
            unregister(attribute.name)


def test_every_attribute_is_fully_described():
    names = [attribute.name for attribute in available()]
    assert len(names) == len(set(names))
    for attribute in available():
        assert attribute.name.isidentifier()
        for text in (attribute.label, attribute.formula, attribute.description, attribute.source):
            assert text.strip()
        assert attribute.description.endswith(".")
        assert attribute.colormap in typing.get_args(Colormap)
        assert attribute.group in typing.get_args(Group)


def test_colormaps_suit_what_they_show():
    colormaps = pytest.importorskip("matplotlib").colormaps
    for attribute in available():
        assert attribute.colormap in colormaps
        signed = attribute.range.rule == "symmetric" or attribute.range.low < 0
        assert (attribute.colormap == "coolwarm") == signed, attribute.name
    assert get("hue").colormap == "twilight"


def test_a_bare_record_has_all_but_what_needs_photos(make_gaussians, scene):
    plain = {a.name for a in available(make_gaussians(5, 1))}
    more = {a.name for a in available(scene)}
    assert {"x", "volume", "hue", "sh_1_2_b", "sh_energy_1", "rotation_angle"} <= plain
    assert more - plain == {
        *("confidence", "offset_length", "offset_x", "offset_y", "offset_z"),
        *("residual", "residual_red", "residual_green", "residual_blue"),
        *("own_depth", "footprint", "view", "row", "col"),
        *("grid_stretch", "grid_isolation", "cross_view_distance"),
    }
    assert plain <= more
    assert not {"sh_2_0_r", "sh_energy_2"} & plain
    assert "view_dependence" not in {a.name for a in available(make_gaussians(5, 0))}


@pytest.mark.parametrize(
    ("name", "hint"),
    [("anisotrpy", "'anisotropy'"), ("scale", "'scale_0'"), ("sh_1_0_x", "'sh_1_0_r'")],
)
def test_unknown_names_suggest_close_ones(gaussians, name, hint):
    with pytest.raises(AttributeLookupError, match=f"got '{name}'; did you mean.*{hint}"):
        values(gaussians, name)
    with pytest.raises(KeyError, match="see `available"):
        get("qqq")


def test_what_a_scene_lacks_is_said(make_gaussians):
    with pytest.raises(AttributeLookupError, match=r"'confidence' needs a scene with `conf.*\.ply"):
        values(make_gaussians(), "confidence")
    with pytest.raises(AttributeLookupError, match="needs spherical harmonics of degree 2, and"):
        values(make_gaussians(5, 1), "sh_2_0_r")


def test_a_function_counts_for_every_scene(gaussians, scene):
    register("twice", lambda s: 2 * values(s, "opacity"), unit="α", label="Twice", log=True)
    for one in (gaussians, scene, scene.select(range(10))):
        np.testing.assert_array_equal(values(one, "twice"), 2 * values(one, "opacity"))
    assert get("twice").title == "Twice [α]"
    register("twice", lambda s: values(s, "opacity") > 0.5)  # the cell runs again
    np.testing.assert_array_equal(values(gaussians, "twice"), values(gaussians, "opacity") > 0.5)
    unregister("twice")
    with pytest.raises(AttributeLookupError):
        values(gaussians, "twice")
    with pytest.raises(AttributeLookupError, match="registered for every scene"):
        unregister("twice")


def test_a_function_may_need_what_photos_give(gaussians, scene):
    register("photo_row", lambda s: s.row, needs="row")
    assert values(scene, "photo_row")[25] == 1
    assert "photo_row" not in {a.name for a in available(gaussians)}
    with pytest.raises(AttributeLookupError, match="needs a scene with `row`"):
        values(gaussians, "photo_row")
    with pytest.raises(ValueError, match="fields of `Scene` as needs, got 'rwo'"):
        register("photo_row", lambda s: s.row, needs="rwo")


def test_an_array_belongs_to_its_record(gaussians):
    array = np.arange(200, dtype=np.float64)
    register("mine", array, scene=gaussians, range=Range("all"))
    array[:] = -1
    np.testing.assert_array_equal(values(gaussians, "mine"), np.arange(200))
    assert "mine" in {a.name for a in available(gaussians)}
    with pytest.raises(AttributeLookupError):
        values(gaussians.select(range(5)), "mine")
    with pytest.raises(AttributeLookupError):
        get("mine")
    register("mine", [1] * 200, scene=gaussians)
    assert (values(gaussians, "mine") == 1).all()
    unregister("mine", scene=gaussians)
    assert "mine" not in {a.name for a in available(gaussians)}


def test_an_array_of_a_reconstruction_follows_its_pixels(scene):
    score = torch.rand(800)
    register("score", score, scene=scene)
    index = [700, 3, 399]
    np.testing.assert_array_equal(values(scene.select(index), "score"), score[index])
    part = scene.select(range(100, 300))
    register("part", np.arange(200), scene=part)
    np.testing.assert_array_equal(
        values(scene, "part")[98:103], np.array([np.nan, np.nan, 0, 1, 2], np.float32)
    )


def test_maps_of_the_photos_are_taken(scene):
    masks = np.zeros((2, 20, 20), bool)
    masks[1, 3, 4] = True
    register("mask", masks, scene=scene)
    np.testing.assert_array_equal(np.flatnonzero(values(scene, "mask")), [400 + 3 * 20 + 4])


def test_bad_registrations_say_why(gaussians, scene):
    with pytest.raises(ValueError, match="'opacity' is built in"):
        register("opacity", lambda s: s.means[:, 0])
    for name in ("two words", "1st", "class", "all", 3):
        with pytest.raises(ValueError, match="expected an identifier"):
            register(name, lambda s: s.means[:, 0])
    with pytest.raises(TypeError, match="pass `scene=`"):
        register("mine", np.zeros(5))
    with pytest.raises(ValueError, match=r"shape \(200,\), got \(5,\)"):
        register("mine", np.zeros(5), scene=gaussians)
    with pytest.raises(ValueError, match="one map per photo"):
        register("mine", np.zeros((2, 3, 3)), scene=scene)
    doubled = scene.select([0, 0])
    with pytest.raises(ValueError, match="different values for one pixel"):
        register("mine", [1, 2], scene=doubled)
    register("mine", [1, 1], scene=doubled)


@pytest.mark.parametrize(
    "function",
    [lambda s: s.means, lambda s: 1.0, lambda s: ["a"] * 200, lambda s: 1j * s.means[:, 0]],
)
def test_a_function_that_returns_something_else_is_named(gaussians, function):
    register("odd", function)
    with pytest.raises(ValueError, match=r"'odd' to be real numbers of shape \(200,\)"):
        values(gaussians, "odd")


def test_an_error_in_a_function_names_the_attribute(gaussians):
    register("broken", lambda s: 1 / 0)
    with pytest.raises(ZeroDivisionError) as error:
        values(gaussians, "broken")
    assert "'broken'" in error.value.__notes__[0]


def test_a_path_cannot_own_an_attribute(tmp_path):
    with pytest.raises(TypeError, match="read it first"):
        register("mine", [1.0], scene=str(tmp_path / "scene.ply"))

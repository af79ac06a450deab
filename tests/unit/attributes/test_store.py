"""What is kept of a record: found by identity, and gone with it."""

import gc
import weakref

import numpy as np
import pytest

from splat_widgets.attributes import available, forget, register, store, values
from splat_widgets.attributes.store import home, kept, read_only
from splat_widgets.scene.scene import Scene


def test_nothing_outlives_its_scene(make_gaussians, make_scene):
    gaussians, scene = make_gaussians(), make_scene()
    register("mine", np.zeros(200), scene=gaussians)
    register("score", np.zeros(800), scene=scene)
    dead = [weakref.ref(x) for x in (gaussians, scene, scene.maps[0], scene.maps[1])]
    for one in (gaussians, scene):
        for attribute in available(one):
            dead.append(weakref.ref(values(one, attribute.name).base))
    assert all(ref() is not None for ref in dead)
    del gaussians, scene, one
    gc.collect()
    assert [ref() for ref in dead if ref() is not None] == []


def test_values_are_kept_until_forgotten(scene):
    for name in ("anisotropy", "grid_stretch", "cross_view_distance"):
        first = values(scene, name)
        assert values(scene, name) is first
        forget(scene)
        assert values(scene, name) is not first
        np.testing.assert_array_equal(values(scene, name), first)


def test_records_are_told_apart_by_identity(make_gaussians):
    one, equal = make_gaussians(), make_gaussians()
    assert kept(one) is kept(one) is not kept(equal)


def test_an_id_that_is_used_again_belongs_to_the_new_record(make_gaussians, monkeypatch):
    monkeypatch.setattr(store, "id", lambda _: -1, raising=False)
    one, other = make_gaussians(), make_gaussians()
    first, second = kept(one), kept(other)
    assert first is not second
    del one
    gc.collect()
    assert kept(other) is second


def test_a_value_is_made_once_by_each_maker(gaussians):
    found, made = kept(gaussians), []
    for maker in ("first", "first", "second"):
        assert found.get("key", maker, lambda m=maker: made.append(m) or m) == maker
    assert made == ["first", "second"]


def test_selections_share_what_is_known_of_the_pixels(scene):
    assert home(Scene.of(scene)) is home(Scene.of(scene.select([3]))) is scene.maps[0]
    assert home(Scene.of(scene.gaussians)) is scene.gaussians


def test_a_view_to_read_leaves_the_array_writable():
    array = np.zeros(3)
    view = read_only(array)
    array[1] = 2
    assert view[1] == 2
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1

"""Nearest neighbours against all pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import KnownPredictor

from splat_widgets.attributes import AttributeLookupError, available, values
from splat_widgets.attributes.neighbours import nearest_distance
from splat_widgets.reconstruction import reconstruct


def all_pairs(points, others):
    apart = points[:, None].astype(np.float64) - others[None].astype(np.float64)
    return np.sqrt((apart**2).sum(-1)).min(1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["cloud", "surface", "far off", "outliers", "repeated"])
def test_exact_for_all_kinds_of_clouds(seed, kind):
    rng = np.random.default_rng(seed)
    points, others = rng.normal(size=(2, 700, 3)).astype(np.float32)
    if kind == "surface":
        others[:, 2] = 0.001 * others[:, 0]
    elif kind == "far off":
        points, others = points * 0.01 + 1000, others * 0.01 + 1000
    elif kind == "outliers":
        others[:20] *= 1e6
        points[:20] *= 1e5
    elif kind == "repeated":
        others = np.repeat(others[:7], 100, axis=0)
    np.testing.assert_allclose(
        nearest_distance(points, others), all_pairs(points, others), rtol=1e-3, atol=1e-6
    )


def test_what_is_not_finite_is_nan_and_is_nobodys_neighbour():
    points = np.array([[0, 0, 0], [np.nan, 0, 0], [np.inf, 0, 0], [1e30, 0, 0]], np.float32)
    others = np.array([[np.nan, 0, 0], [3, 4, 0], [0, np.inf, 0], [1e30, 0, 0]], np.float32)
    np.testing.assert_array_equal(nearest_distance(points, others), [5, np.nan, np.nan, np.nan])
    assert np.isnan(nearest_distance(points, others[:1])).all()
    assert nearest_distance(points[:0], others).shape == (0,)


def test_cross_view_distance_is_to_the_nearest_of_all_other_photos():
    photos = [np.full((16, 16, 3), 80 * k, np.uint8) for k in range(3)]
    scene = reconstruct(photos, model=KnownPredictor(), progress=False)
    means, view = scene.means.numpy(), scene.view.numpy()
    found = values(scene, "cross_view_distance")
    for k in range(3):
        some = np.flatnonzero(view == k)[::23]
        expected = all_pairs(means[some], means[view != k])
        np.testing.assert_allclose(found[some], expected, rtol=1e-3, atol=1e-6)
        alone = all_pairs(means[some], means[view == (k + 1) % 3])
        assert not np.allclose(found[some], alone)  # both others count


def test_cross_view_distance_is_to_the_other_photo(scene):
    means = scene.gaussians.means.numpy()
    expected = np.concatenate(
        [all_pairs(means[:400], means[400:]), all_pairs(means[400:], means[:400])]
    )
    np.testing.assert_allclose(values(scene, "cross_view_distance"), expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["cross_view_distance", "isolation"])
def test_a_changed_photo_is_not_mistaken_for_the_one_before(make_scene, name):
    one, two = make_scene(0), make_scene(1)
    before = values(one, name)
    mixed = replace(one, maps=(one.maps[0], two.maps[1]))
    assert not np.array_equal(values(mixed, name)[:400], before[:400])
    np.testing.assert_array_equal(values(one.select(range(400)), name), before[:400])


def test_a_single_photo_has_none(scene):
    alone = replace(scene.select(range(400)), maps=scene.maps[:1])
    assert "cross_view_distance" not in {a.name for a in available(alone)}
    with pytest.raises(AttributeLookupError, match="needs two photos, and this scene has 1"):
        values(alone, "cross_view_distance")


def test_isolation_is_the_mean_distance_to_eight_over_its_median(gaussians) -> None:
    means = gaussians.means.double()
    nearest = torch.cdist(means, means).sort(1).values[:, 1:9].mean(1)
    expected = nearest / np.median(nearest.numpy())
    np.testing.assert_allclose(values(gaussians, "isolation"), expected, rtol=1e-4)
    small = replace(gaussians, means=gaussians.means * 1e-6)
    np.testing.assert_allclose(values(small, "isolation"), expected, rtol=1e-3)
    few = values(gaussians.select([0, 1]), "isolation")
    assert few.tolist() == [1, 1]
    assert np.isnan(values(gaussians.select([0]), "isolation")).all()


def test_isolation_of_a_selection_is_that_in_the_whole_scene(scene) -> None:
    whole = values(scene, "isolation")
    assert np.array_equal(values(scene.select([5, 700]), "isolation"), whole[[5, 700]])
    means = scene.gaussians.means.double()
    nearest = torch.cdist(means, means).sort(1).values[:, 1:9].mean(1)
    np.testing.assert_allclose(whole, nearest / np.median(nearest.numpy()), rtol=1e-4)

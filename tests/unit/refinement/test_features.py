"""Features and matches against pictures whose mapping is known."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
from two_photos import blobs

from splat_widgets.refinement import features as features_module
from splat_widgets.refinement import matches
from splat_widgets.refinement.features import Looks, features, mirrored
from splat_widgets.refinement.matches import match
from splat_widgets.refinement.records import Features, Shot, Window


def shot(pixels: np.ndarray) -> Shot:
    height, width = pixels.shape[:2]
    return Shot(pixels, Window(-0.5, -0.5, 1.0), (width / 2, height / 2))


def test_a_moved_picture_matches_at_the_moved_places():
    whole = blobs()
    one, two = shot(whole[:160, :200]), shot(whole[12:172, 30:230])
    found = match(features(one.picture), features(two.picture), (one, two))
    assert len(found) > 100
    moved = one.to_pixels(found.first) - two.to_pixels(found.second)
    near = np.abs(moved - [30, 12]).max(1) < 0.5
    assert near.mean() > 0.95


def test_pixels_are_counted_from_the_corner():
    turned = blobs()[::-1, ::-1].copy()
    here, there = features(blobs()), features(turned)
    one, two = shot(blobs()), shot(turned)
    found = match(here, there, (one, two))
    np.testing.assert_allclose(np.median(found.first + found.second, axis=0), 0, atol=0.005 / 180)


def test_weak_features_take_part_where_strong_ones_are_few(monkeypatch):
    whole = blobs()
    one, two = shot(whole[:160, :200]), shot(whole[12:172, 30:230])
    here, there = features(one.picture), features(two.picture)
    assert here.closer is not None and there.closer is not None
    strong = match(replace(here, closer=None), replace(there, closer=None), (one, two))
    monkeypatch.setattr(matches, "_ENOUGH", len(strong) + 1)
    every = match(here, there, (one, two))
    assert len(every) > 1.1 * len(strong)
    assert every.has_weak and every.swapped.select(np.arange(3)).has_weak and not strong.has_weak
    moved = one.to_pixels(every.first) - two.to_pixels(every.second)
    assert (np.abs(moved - [30, 12]).max(1) < 1.5).mean() > 0.9
    assert (every.first_index >= len(here)).any() and (every.first_index < len(here)).any()
    monkeypatch.setattr(matches, "_ENOUGH", len(strong))
    np.testing.assert_array_equal(match(here, there, (one, two)).first, strong.first)


def test_weak_features_come_after_the_strong_ones_and_elsewhere():
    found = features(blobs())
    assert found.closer is not None
    every = found.closer()
    assert every is found.closer()  # made once
    np.testing.assert_array_equal(every.xy_px[: len(found)], found.xy_px)
    np.testing.assert_array_equal(every.descriptors[: len(found)], found.descriptors)
    weak = every.xy_px[len(found) :]
    away = np.linalg.norm(weak[:, None] - found.xy_px[None], axis=2).min(1)
    assert len(weak) > 0.1 * len(found) and away.min() > 0.5


def test_a_full_picture_has_weak_features_too(monkeypatch):
    monkeypatch.setattr(features_module, "MAX_FEATURES", 50)
    found = features(blobs())
    assert found.closer is not None and len(found) <= 51
    assert len(found.closer()) > 3 * len(found)


def test_a_match_says_which_features_it_joins():
    whole = blobs()
    one, two = shot(whole[:160, :200]), shot(whole[12:172, 30:230])
    here, there = (replace(features(each.picture), closer=None) for each in (one, two))
    found = match(here, there, (one, two))
    np.testing.assert_array_equal(one.to_sides(here.xy_px[found.first_index]), found.first)
    np.testing.assert_array_equal(two.to_sides(there.xy_px[found.second_index]), found.second)
    assert len(np.unique(found.first_index)) == len(np.unique(found.second_index)) == len(found)


def test_small_pictures_are_enlarged_and_places_stay():
    whole = blobs()
    small = cv2.resize(whole, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    one, two = shot(whole), shot(small)
    closer = [features(each.picture).closer for each in (one, two)]
    assert closer[0] is not None and closer[1] is not None
    assert len(closer[1]()) > 1.2 * len(features(small))
    found = match(closer[0](), closer[1](), (one, two))
    assert len(found) > 100
    np.testing.assert_allclose(np.median(found.first - found.second, axis=0), 0, atol=2e-4)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 40), (16, 16)])
def test_tiny_pictures_have_few_features_or_none(size):
    strong = features(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
    assert strong.closer is not None
    found = strong.closer()
    assert len(found) == len(found.descriptors) and found.descriptors.shape[1] == 128
    assert (found.xy_px > -1).all() and (found.xy_px < np.array(size[::-1]) + 1).all()


def test_the_likeness_is_hellingers():
    found = features(blobs())
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, atol=1e-4)
    assert found.descriptors.dtype == np.float32 and (found.descriptors >= 0).all()


def test_threads_give_the_same_features():
    pictures = [blobs(seed) for seed in range(4)]
    alone = [features(one) for one in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(features, pictures * 2))
    for one, other in zip(alone * 2, together, strict=True):
        np.testing.assert_array_equal(one.xy_px, other.xy_px)
        np.testing.assert_array_equal(one.descriptors, other.descriptors)


@pytest.mark.parametrize("pixels", [np.zeros((60, 80, 3)), np.full((60, 80, 3), 200)])
def test_a_blank_picture_has_no_features(pixels):
    blank = pixels.astype(np.uint8)
    found = features(blank)
    assert len(found) == 0 and found.descriptors.shape == (0, 128)
    assert len(match(found, features(blobs()), (shot(blank), shot(blobs())))) == 0


def test_what_looks_alike_twice_is_no_match():
    unit = np.eye(128, dtype=np.float32)[:3]
    here = Features(np.array([[1.0, 1], [5, 5], [9, 9]]), unit)
    twice = Features(np.array([[1.0, 1], [5, 5], [2, 7], [9, 9]]), unit[[0, 1, 1, 2]])
    shots = shot(blobs()), shot(blobs())
    assert match(here, twice, shots).first_index.tolist() == [0, 2]


@pytest.mark.parametrize("count", [3, 511, 512, 513, 1300])
def test_descriptors_that_are_compared_in_blocks_match_as_all_at_once(count):
    rng = np.random.default_rng(count)
    first = rng.normal(size=(count, 32))
    second = (first + 0.9 * rng.normal(size=first.shape))[rng.permutation(count)][1:]
    first, second = (
        (each / np.linalg.norm(each, axis=1, keepdims=True)).astype(np.float32)
        for each in (first, second)
    )
    likeness = first @ second.T
    nearest, nearest_back = likeness.argmax(1), likeness.argmax(0)
    best = np.sort(likeness, axis=1)[:, :-3:-1]
    distance, next_distance = np.sqrt(np.maximum(2 - 2 * best.T, 0))
    mutual = nearest_back[nearest] == np.arange(count)
    rows, columns, ratios = matches._mutual(first, second)
    expected = np.flatnonzero(mutual & (distance < matches.LOOSE_RATIO * next_distance))
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(columns, nearest[rows])
    np.testing.assert_allclose(ratios, (distance / next_distance)[rows], atol=1e-5)


def test_what_looks_alike_less_clearly_is_a_looser_match():
    """Descriptors in a plane: distances to the nearest and the next nearest are chosen."""

    def at(*angles: float) -> np.ndarray:
        found = np.zeros((len(angles), 128), np.float32)
        found[:, 0], found[:, 1] = np.cos(angles), np.sin(angles)
        return found

    xy = np.array([[10.0, 20.0], [50.0, 60.0], [90.0, 30.0]])
    first = Features(xy, at(0.0, 1.0, 2.2))
    second = Features(xy + 5, at(0.41, 1.5, 2.2))  # of the point at 1.0: 0.50 and 0.59 away
    blank = shot(np.zeros((100, 100, 3), np.uint8))
    found = match(first, second, (blank, blank))
    assert found.first_index.tolist() == [0, 2] and found.second_index.tolist() == [0, 2]
    assert found.looser is not None and found.looser.first_index.tolist() == [1]
    assert found.with_looser.first_index.tolist() == [0, 2, 1]
    assert found.swapped.looser.first_index.tolist() == [1]
    assert found.select(np.array([0])).looser is None


def test_a_dark_picture_matches_a_bright_one():
    whole = blobs()
    dark = (whole * 0.15).astype(np.uint8)
    one, two = shot(whole), shot(dark)
    found = match(features(one.picture), features(two.picture), (one, two))
    near = np.abs(one.to_pixels(found.first) - two.to_pixels(found.second)).max(1) < 1
    assert near.sum() > 150


def test_looks_are_found_once(monkeypatch):
    calls = []

    def counted(picture):
        calls.append(picture)
        return features(picture)

    monkeypatch.setattr(features_module, "features", counted)
    looks, picture = Looks(), blobs()[:160, :200]
    assert looks.of(picture) is looks.of(picture) and len(calls) == 1
    assert looks.of(picture[:, ::-1]) is not looks.of(picture)


def test_mirrored_features_are_those_of_the_mirror_image():
    picture = blobs()[:160, :201]
    found = mirrored(features(picture), picture.shape[1])
    true = features(np.ascontiguousarray(picture[:, ::-1]))
    assert found.closer is None and len(found) == pytest.approx(len(true), rel=0.05)
    gaps = np.linalg.norm(found.xy_px[:, None] - true.xy_px[None], axis=-1)
    nearest = gaps.argmin(1)
    same = gaps.min(1) < 0.1  # px
    likeness = (found.descriptors * true.descriptors[nearest]).sum(1)
    assert same.mean() > 0.9 and np.median(likeness[same]) > 0.999

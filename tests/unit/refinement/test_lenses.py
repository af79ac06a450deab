"""Which photos share a focal length."""

from dataclasses import replace

import numpy as np
import pytest

from splat_widgets.refinement.lenses import lenses_of, zooms
from splat_widgets.refinement.pair_search import FOCAL_SIDES
from tests.photo_sets import make_set


def pairs_of(photos):
    return {edge: one.geometry for edge, one in photos.answers.items() if one.geometry is not None}


def groups(lens):
    return {frozenset(np.flatnonzero(lens == number).tolist()) for number in lens}


def test_photos_of_one_size_share_a_lens():
    photos = make_set(4, focal=1.3, num_points=150)
    lenses, lens = lenses_of(photos.shots, pairs_of(photos))
    assert groups(lens) == {frozenset(range(4))}
    assert np.exp(lenses.log_focal) == pytest.approx([1.3], rel=0.05)
    assert lenses.focal_free.all() and not lenses.principal_free.any()


def test_a_zoom_parts_them_and_so_does_a_known_focal_length():
    photos = make_set(5, focal=[1.0, 1.5, 1.0, 1.5, 1.0], num_points=150)
    _, lens = lenses_of(photos.shots, pairs_of(photos))
    assert groups(lens) == {frozenset({0, 2, 4}), frozenset({1, 3})}
    photos = make_set(3, num_points=150)
    shots = [replace(photos.shots[0], focal_sides=1.25), *photos.shots[1:]]
    lenses, lens = lenses_of(shots, pairs_of(photos))
    assert groups(lens) == {frozenset({0}), frozenset({1, 2})}
    assert not lenses.focal_free[lens[0]] and lenses.focal_free[lens[1]]
    assert np.exp(lenses.log_focal[lens[0]]) == pytest.approx(1.25)


def test_upright_and_lying_pictures_are_two_lenses():
    photos = make_set(3, num_points=150)
    upright = np.ascontiguousarray(photos.shots[1].picture.transpose(1, 0, 2))
    shots = [photos.shots[0], replace(photos.shots[1], picture=upright), photos.shots[2]]
    assert groups(lenses_of(shots, pairs_of(photos))[1]) == {frozenset({0, 2}), frozenset({1})}


def test_a_photo_without_pairs_is_like_the_others_or_usual():
    photos = make_set(3, focal=1.4, num_points=150)
    only = {edge: pair for edge, pair in pairs_of(photos).items() if edge == (0, 1)}
    lenses, lens = lenses_of(photos.shots, only)
    assert groups(lens) == {frozenset(range(3))} and np.exp(lenses.log_focal[0]) > 1.25
    lenses, _ = lenses_of(photos.shots, {})
    assert np.exp(lenses.log_focal) == pytest.approx([FOCAL_SIDES])


def test_a_zoom_is_told_unless_it_was_known():
    shots, every = make_set(3, num_points=50).shots, (0, 1, 2)
    assert zooms(shots, [1.1, 1.13, 1.1], every) == ()
    assert zooms(shots, [2.2, 1.1, 0.4], (0, 1)) == pytest.approx((2.0, 1.0, 1.0))
    known = [replace(shot, focal_sides=1.2) for shot in shots]
    assert zooms(known, [1.2, 2.4, 1.2], every) == ()
    assert zooms([*known[:2], shots[2]], [1.2, 1.2, 2.4], every) == pytest.approx((1, 1, 2))

from dataclasses import replace

import cv2
import numpy as np
import posed_pairs
import pytest
import torch

from splat_widgets.refinement.aggregation import Winners
from splat_widgets.refinement.correction import corrected_prior
from splat_widgets.refinement.planes import (
    FARTHEST_RATIO,
    NEAREST_RATIO,
    Planes,
    narrowed,
    widest,
)
from splat_widgets.refinement.records import SparseDepths
from splat_widgets.refinement.views import Swept, View

COARSE, FINE = 48, 96


@pytest.fixture(scope="module")
def pairs():
    return posed_pairs.pair()


def _views(pairs, count: int, factor: float = 1.0) -> list[View]:
    """Both photos; a twelfth of their matches is `factor` times as far as the truth."""
    focal = posed_pairs.focal_sides(pairs)
    views = []
    for shot, pose, depth in zip(
        posed_pairs.shots(pairs), posed_pairs.poses(pairs), posed_pairs.depths(pairs), strict=True
    ):
        told = posed_pairs.sparse(depth)
        wrong = np.arange(len(told.depths)) % 12 == 0
        told = SparseDepths(told.sides, np.where(wrong, factor, 1.0) * told.depths)
        prior = corrected_prior(posed_pairs.bent(depth), shot.window, told, count)
        views.append(View(shot, pose, focal, prior, count))
    return views


def _narrowed(
    pairs, *, margin: float = 1.0, coarse: list[View] | None = None, missed: slice = slice(0)
) -> Planes:
    """Of the first photo, where a coarse pass found the true depth, clearly or not.

    In the columns that it missed it found something that the second photo does not confirm.
    """
    nothing = torch.zeros(COARSE, COARSE)
    winners = Winners(plane=nothing, cost=nothing, margin=nothing + margin, at_end=nothing > 0)
    grey = np.zeros((COARSE, COARSE), np.float32)
    found = [Swept(_coarse(depth), winners, grey) for depth in posed_pairs.depths(pairs)]
    found[0].depth[:, missed] *= 0.05
    coarse = coarse or _views(pairs, COARSE)
    return narrowed(0, _views(pairs, FINE)[0], coarse, found, [1], lambda: None)


def _coarse(depth: np.ndarray) -> np.ndarray:
    return cv2.resize(depth, (COARSE, COARSE), interpolation=cv2.INTER_NEAREST)


def test_the_widest_planes_reach_as_far_as_a_network_and_its_matches_are_wrong(pairs):
    view = _views(pairs, COARSE)[0]
    around = widest(view)
    assert (around.near, around.far) == (NEAREST_RATIO, FARTHEST_RATIO)
    wild = replace(view, prior=replace(view.prior, ratios=np.linspace(0.1, 5, 101)))
    assert widest(wild).near < 0.15 and widest(wild).far > 4.9


def test_around_what_the_coarse_pass_found_few_planes_hold_the_truth(pairs):
    truth, wide, around = (
        posed_pairs.depths(pairs)[0],
        widest(_views(pairs, FINE)[0]),
        _narrowed(pairs),
    )
    assert around.surface.shape == (FINE, FINE)
    ratios = truth / around.surface
    assert np.median(np.abs(np.log(ratios))) < 0.5 * np.median(np.abs(np.log(truth / wide.surface)))
    assert ((ratios > around.near) & (ratios < around.far)).mean() > 0.99
    assert 1 / around.near - 1 / around.far < 0.5 * (1 / wide.near - 1 / wide.far)


def test_matches_that_the_coarse_pass_missed_lie_among_the_planes(pairs):
    around = _narrowed(pairs, coarse=_views(pairs, COARSE, factor=0.3))
    assert around.near < 0.3 < 0.5 * _narrowed(pairs).near


def test_matches_count_over_the_surface_where_they_lie(pairs):
    """A network that is wrong about one half is put right there, and its matches with it."""
    view, other = _views(pairs, COARSE)
    depth = _coarse(posed_pairs.depths(pairs)[0]).copy()
    depth[:, : COARSE // 2] *= 0.3
    places = np.stack(np.meshgrid(*[np.linspace(0.1, 0.9, 9)] * 2), -1).reshape(-1, 2)
    ratios = np.where(places[:, 0] < 0.5, 1 / 0.3, 1.0)
    told = ratios[places[:, 0] != 0.5], places[places[:, 0] != 0.5]
    prior = replace(view.prior, depth=depth, ratios=told[0], places=told[1])
    around, plain = _narrowed(pairs, coarse=[replace(view, prior=prior), other]), _narrowed(pairs)
    assert around.near > 0.7 * plain.near and around.far < 1.4 * plain.far


def test_a_pole_that_only_the_network_sees_lies_among_the_planes(pairs):
    view, other = _views(pairs, COARSE)
    depth = view.prior.depth.copy()
    depth[:, 20:22] *= 0.3
    pole = replace(view, prior=replace(view.prior, depth=depth))
    around = _narrowed(pairs, coarse=[pole, other], missed=slice(20, 22))
    truth = posed_pairs.depths(pairs)[0][:, 40:44]
    assert np.median(0.3 * truth / around.surface[:, 40:44]) > around.near


def test_wild_guesses_of_the_network_do_not_thin_the_planes_out(pairs):
    view, other = _views(pairs, COARSE)
    depth = view.prior.depth.copy()
    depth[20:26, 20:26] *= 1e-3
    wild = replace(view, prior=replace(view.prior, depth=depth))
    around = _narrowed(pairs, coarse=[wild, other], missed=slice(20, 26))
    assert around.near >= NEAREST_RATIO


def test_where_next_to_nothing_was_found_the_widest_planes_stay(pairs):
    around, wide = _narrowed(pairs, margin=0.0), widest(_views(pairs, FINE)[0])
    assert (around.near, around.far) == (wide.near, wide.far)
    np.testing.assert_array_equal(around.surface, wide.surface)

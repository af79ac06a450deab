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


def _views(pairs, count: int, nearer: float = 1.0) -> list[View]:
    """Both photos; a twelfth of their matches is `nearer` times as far as the truth."""
    focal = posed_pairs.focal_sides(pairs)
    views = []
    for shot, pose, depth in zip(
        posed_pairs.shots(pairs), posed_pairs.poses(pairs), posed_pairs.depths(pairs), strict=True
    ):
        told = posed_pairs.sparse(depth)
        wrong = np.arange(len(told.depths)) % 12 == 0
        told = SparseDepths(told.sides, np.where(wrong, nearer, 1.0) * told.depths)
        prior = corrected_prior(posed_pairs.bent(depth), shot.window, told, count)
        views.append(View(shot, pose, focal, prior, count))
    return views


def _narrowed(pairs, *, nearer: float = 1.0, margin: float = 1.0) -> Planes:
    """Of the first photo, where a coarse pass found the true depth, clearly or not."""
    nothing = torch.zeros(COARSE, COARSE)
    winners = Winners(plane=nothing, cost=nothing, margin=nothing + margin, at_end=nothing > 0)
    grey = np.zeros((COARSE, COARSE), np.float32)
    found = [
        Swept(cv2.resize(depth, (COARSE, COARSE), interpolation=cv2.INTER_NEAREST), winners, grey)
        for depth in posed_pairs.depths(pairs)
    ]
    coarse = _views(pairs, COARSE, nearer)
    return narrowed(0, _views(pairs, FINE)[0], coarse, found, [1], lambda: None)


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
    around = _narrowed(pairs, nearer=0.3)
    assert around.near < 0.3 < 0.5 * _narrowed(pairs).near


def test_where_next_to_nothing_was_found_the_widest_planes_stay(pairs):
    around, wide = _narrowed(pairs, margin=0.0), widest(_views(pairs, FINE)[0])
    assert (around.near, around.far) == (wide.near, wide.far)
    np.testing.assert_array_equal(around.surface, wide.surface)

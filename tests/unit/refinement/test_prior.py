"""The network's maps as a prior, against maps of a known scene."""

import numpy as np
import pytest
import torch
from builders import make_gaussians
from two_photos import FOCAL, POSE, WINDOW, angle_deg, depth_at

from splat_widgets.refinement.prior import pair_prior
from splat_widgets.refinement.records import Window
from splat_widgets.scene.maps import PhotoMaps

SIDE = 32


def maps_of(points: np.ndarray) -> PhotoMaps:
    one = make_gaussians(SIDE * SIDE)
    grid = (SIDE, SIDE)
    return PhotoMaps(
        points=torch.from_numpy(points).float(),
        confidence=torch.ones(grid),
        offsets=torch.zeros(*grid, 3),
        scales=one.scales.reshape(*grid, 3),
        quaternions=one.quaternions.reshape(*grid, 4),
        opacities=one.opacities.reshape(grid),
        sh=one.sh.reshape(*grid, -1, 3),
    )


def known_maps() -> tuple[PhotoMaps, PhotoMaps]:
    """Both in the first camera's frame; the second photo sees the same waves in its own."""
    sides = WINDOW.centres(SIDE)
    rays = np.concatenate([sides / FOCAL, np.ones((SIDE, SIDE, 1))], -1)
    points = rays * depth_at(sides)[..., None]
    return maps_of(points), maps_of(POSE.inverse.apply(points))


def test_depths_are_along_each_photos_own_axis():
    prior = pair_prior(known_maps(), (WINDOW, WINDOW))
    assert prior.focal_sides == pytest.approx(FOCAL, rel=1e-3)
    assert prior.pose is not None
    assert angle_deg(prior.pose.R, POSE.R) < 0.1
    np.testing.assert_allclose(prior.pose.t, POSE.t, atol=0.01)
    expected = depth_at(WINDOW.centres(SIDE))
    np.testing.assert_allclose(prior.depths[0], expected, rtol=1e-5)
    np.testing.assert_allclose(prior.depths[1], expected, rtol=1e-2)


def test_the_focal_length_is_in_sides_of_the_photo_not_of_the_window():
    half = Window(-0.25, -0.25, 0.5)
    prior = pair_prior(known_maps(), (half, half))
    assert prior.focal_sides == pytest.approx(FOCAL / 2, rel=1e-3)


def test_a_network_that_says_nothing():
    first, _ = known_maps()
    random = np.random.default_rng(0)
    noise = maps_of(random.normal(size=(SIDE, SIDE, 3)))
    prior = pair_prior((first, noise), (WINDOW, WINDOW))
    assert prior.pose is None
    assert all((depth > 0).all() and np.isfinite(depth).all() for depth in prior.depths)

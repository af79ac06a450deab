"""Gaussians as ellipses of the picture, against sampled points and by counting pixels."""

from dataclasses import fields, replace

import builders
import numpy as np
import torch

from splat_widgets.rendering.projection import MIN_ALPHA, finite, pixels_within, project
from splat_widgets.scene.cameras import Camera

CAMERA = Camera.centred(500.0, 64, 48)


def test_a_small_gaussian_has_the_covariance_of_its_projected_points():
    g = replace(builders.make_gaussians(1, 0), means=torch.tensor([[0.1, -0.05, 3.0]]))
    g = replace(g, scales=torch.tensor([[0.004, 0.008, 0.002]]), opacities=torch.tensor([0.9]))
    g = g.to(dtype=torch.float64)
    camera = replace(CAMERA, T_world_camera=torch.eye(4, dtype=torch.float64))
    noise = torch.randn(200_000, 3, generator=torch.Generator().manual_seed(0)).double()
    points = g.means + noise @ torch.linalg.cholesky(g.covariances[0]).T
    uv = camera.project(points)[0]
    xx, xy, yy = (torch.cov(uv.T) + 0.3 * torch.eye(2))[[0, 0, 1], [0, 1, 1]]
    splat = project(g, camera, 0)
    found = torch.cat([splat.center_x, splat.center_y])
    torch.testing.assert_close(found, uv.mean(0), atol=0.02, rtol=0)
    for value, expected in (
        (splat.slope, xy / yy),
        (splat.falloff_x, yy / (2 * (xx * yy - xy**2))),
        (splat.falloff_y, 1 / (2 * yy)),
    ):
        torch.testing.assert_close(value[0], expected, atol=0.003, rtol=0.02)


def test_only_what_can_be_seen_is_kept_nearest_first():
    means = torch.tensor([[0.0, 0, 5], [0, 0, -2], [0, 0, 0.005], [99, 0, 2], [0, 0, 3], [0, 0, 4]])
    balls = builders.make_balls(means, scale=0.01)
    balls.opacities[5] = 0.99 * MIN_ALPHA
    splats = project(balls, CAMERA, 0)
    assert splats.values[:, 3].tolist() == [3, 5]
    assert splats.area.tolist() == sorted(splats.area.tolist(), reverse=True)


def test_pixels_whose_centres_are_within():
    random = np.random.default_rng(0)
    center, radius = random.uniform(-5, 25, 200), random.uniform(0, 8, 200)
    found = pixels_within(torch.from_numpy(center), torch.from_numpy(radius), 20)
    for c, r, (first, end) in zip(center, radius, found.tolist(), strict=True):
        inside = [k for k in range(20) if abs(k + 0.5 - c) <= r]
        assert list(range(first, end)) == inside


def test_one_value_that_is_not_finite_spoils_a_gaussian():
    gaussians = builders.make_gaussians(8)
    for row, field in enumerate(fields(gaussians)):
        getattr(gaussians, field.name)[row].view(-1)[-1] = (torch.nan, torch.inf)[row % 2]
    assert finite(gaussians).tolist() == [False] * 5 + [True] * 3

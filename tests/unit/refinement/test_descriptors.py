"""Descriptors as matches: a stand-in whose descriptors are the true points."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from splat_widgets.refinement.descriptors import INDEX_OFFSET, descriptor_matches, has_descriptors
from splat_widgets.refinement.pair import solve_pair
from splat_widgets.refinement.prior import pair_prior
from splat_widgets.refinement.records import Shot, Window
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.training.procedural.scenes import Pairs, render_pairs

SIZE = 128
WINDOW = Window(-0.5, -0.5, 1.0)


@pytest.fixture(scope="module")
def truth() -> Pairs:
    return render_pairs([7_000_000_003], SIZE, supersample=1)


def described(truth: Pairs, number: int, noise: float = 0.0) -> PhotoMaps:
    """Maps of the truth with descriptors that are random waves of the true point."""
    points = truth.points[0, number]
    g = torch.Generator().manual_seed(0)
    frequencies = 6 * torch.randn(3, 24, generator=g)
    waves = torch.sin(points @ frequencies + 6 * torch.rand(24, generator=g))
    waves = waves + noise * torch.randn(waves.shape, generator=g)
    return PhotoMaps(
        points=points,
        confidence=torch.ones(SIZE, SIZE),
        offsets=torch.zeros_like(points),
        scales=torch.ones_like(points),
        quaternions=torch.tensor([1.0, 0, 0, 0]).expand(SIZE, SIZE, 4),
        opacities=torch.ones(SIZE, SIZE),
        sh=torch.zeros(SIZE, SIZE, 1, 3),
        descriptors=normalize(waves, dim=-1),
    )


def test_matches_are_the_same_points(truth):
    maps = (described(truth, 0), described(truth, 1))
    found = descriptor_matches(maps, (WINDOW, WINDOW))
    assert len(found) > 60
    pixels = [found.first_index - INDEX_OFFSET, found.second_index - INDEX_OFFSET]
    points = [
        one.points.flatten(0, 1)[torch.from_numpy(p)] for one, p in zip(maps, pixels, strict=True)
    ]
    apart = (points[0] - points[1]).norm(dim=-1) / points[0].norm(dim=-1)
    assert float(apart.quantile(0.8)) < 0.02
    expected = np.stack([pixels[0] % SIZE, pixels[0] // SIZE], 1) + 0.5
    np.testing.assert_allclose(found.first, expected / SIZE - 0.5)


def test_they_give_the_pose_without_any_corner(truth):
    maps = (described(truth, 0), described(truth, 1))
    found = descriptor_matches(maps, (WINDOW, WINDOW))
    grey = np.full((512, 512, 3), 128, np.uint8)  # nothing that SIFT could match
    shot = Shot(grey, WINDOW, (256.0, 256.0), focal_sides=float(truth.focal_px[0]) / SIZE)
    answer = solve_pair((shot, shot), found, pair_prior(maps, (WINDOW, WINDOW)))
    assert answer.geometry is not None
    R = truth.T_first_camera[0, 1, :3, :3].numpy().T
    cosine = (np.trace(R.T @ answer.geometry.pose.R) - 1) / 2
    assert np.degrees(np.arccos(min(cosine, 1.0))) < 1.0


def test_what_it_needs(truth):
    maps = (described(truth, 0), described(truth, 1))
    assert has_descriptors(maps)
    plain = PhotoMaps(**{**vars(maps[0]), "descriptors": None})
    assert not has_descriptors((plain, maps[1]))
    with pytest.raises(ValueError, match="no such branch"):
        descriptor_matches((plain, maps[1]), (WINDOW, WINDOW))


def test_it_can_be_stopped(truth):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        descriptor_matches((described(truth, 0), described(truth, 1)), (WINDOW, WINDOW), stop)

import numpy as np
import pytest
import torch

from splat_widgets.geometry.harmonics import evaluate
from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.refinement import grids
from splat_widgets.refinement.gaussians import adapted_maps, footprint_maps
from splat_widgets.refinement.records import DenseDepth, Pose, Window
from splat_widgets.scene.maps import PhotoMaps

WINDOW, FOCAL = Window(-0.3, -0.55, 0.9), 1.2
TURN = rotation_matrix(torch.tensor([0.9, 0.1, -0.3, 0.2], dtype=torch.float64)).numpy()
POSE = Pose(TURN, np.array([0.3, -0.2, 0.5]))


def _dense(n: int, seed: int = 0) -> DenseDepth:
    depth = np.random.default_rng(seed).uniform(1, 4, (n, n))
    return DenseDepth(depth, np.ones((n, n), bool), np.zeros((n, n), np.float32), depth)


def _predicted(size: int, degree: int = 1) -> PhotoMaps:
    g = torch.Generator().manual_seed(0)
    return PhotoMaps(
        points=torch.randn(size, size, 3, generator=g),
        confidence=1 + torch.arange(size * size).float().reshape(size, size),
        offsets=torch.randn(size, size, 3, generator=g) / 50,
        scales=torch.rand(size, size, 3, generator=g) / 20,
        quaternions=torch.nn.functional.normalize(torch.randn(size, size, 4, generator=g), dim=-1),
        opacities=torch.rand(size, size, generator=g),
        sh=torch.randn(size, size, (degree + 1) ** 2, 3, generator=g),
    )


def test_a_footprint_lies_on_its_pixels_ray_and_covers_it():
    n = 8
    depth = np.linspace(2, 2.2, n * n).reshape(n, n)
    dense = DenseDepth(depth, np.ones((n, n), bool), np.zeros((n, n), np.float32), depth)
    colours = np.random.default_rng(1).random((n, n, 3), np.float32)
    maps = footprint_maps(dense, colours, WINDOW, FOCAL, POSE, _predicted(4))
    camera = POSE.apply(maps.points.double().numpy())
    place = grids.to_grid(WINDOW, FOCAL, Pose(np.eye(3), np.zeros(3)), n)[:, :3] @ camera[..., None]
    place = place[..., 0]
    row, column = np.mgrid[:n, :n] + 0.5
    np.testing.assert_allclose(place[..., 0] / place[..., 2], column, atol=1e-4)
    np.testing.assert_allclose(place[..., 1] / place[..., 2], row, atol=1e-4)
    np.testing.assert_allclose(camera[..., 2], dense.depth, rtol=1e-5)
    assert not maps.offsets.any()
    spread_px = maps.scales[..., 1].numpy() / depth * FOCAL / (WINDOW.size / n)
    assert (spread_px > 0.4).all() and (spread_px < 0.5).all()
    shown = evaluate(maps.sh, torch.tensor([0.0, 0, 1]))
    np.testing.assert_allclose(shown, colours, atol=4e-5)
    assert maps.confidence[3, 7] == 1 + 1 * 4 + 3  # of the network's pixel it lies in
    assert all(value.isfinite().all() for value in vars(maps).values() if value is not None)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_depth_that_is_none_is_refused(bad):
    dense = _dense(8)
    dense.depth[3, 4] = bad
    with pytest.raises(ValueError, match="positive, finite depths"):
        footprint_maps(dense, np.zeros((8, 8, 3)), WINDOW, FOCAL, POSE, _predicted(4))


def test_unmoved_gaussians_stay_as_they_are_in_another_frame():
    size = 6
    dense, predicted = _dense(size), _predicted(size)
    frame = Pose(TURN.T, np.zeros(3))
    maps = adapted_maps(dense, WINDOW, FOCAL, POSE, predicted, dense.depth, frame)
    R = torch.from_numpy(POSE.R.T @ frame.R).float()
    torch.testing.assert_close(maps.scales, predicted.scales)
    torch.testing.assert_close(maps.opacities, predicted.opacities)
    torch.testing.assert_close(maps.offsets, predicted.offsets @ R.mT)
    torch.testing.assert_close(
        rotation_matrix(maps.quaternions), R @ rotation_matrix(predicted.quaternions)
    )
    toward = torch.tensor([0.3, -0.5, 0.8])
    torch.testing.assert_close(evaluate(maps.sh, R @ toward), evaluate(predicted.sh, toward))


def test_moved_gaussians_cover_the_same_part_of_the_photo():
    size = 6
    dense, predicted = _dense(2 * size), _predicted(size)
    depth = np.full((size, size), 2.0)
    maps = adapted_maps(dense, WINDOW, FOCAL, POSE, predicted, depth, POSE)
    rows = np.arange(2 * size) // 2
    growth = torch.from_numpy(dense.depth).float()[..., None] / 2
    torch.testing.assert_close(maps.scales, predicted.scales[rows][:, rows] * growth / 2)
    torch.testing.assert_close(maps.offsets, predicted.offsets[rows][:, rows] * growth)
    camera = POSE.apply(maps.points.double().numpy())
    np.testing.assert_allclose(camera[..., 2], dense.depth, rtol=1e-5)


def test_colours_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(8, 8, 3\)"):
        footprint_maps(
            _dense(8), np.zeros((4, 4, 3), np.float32), WINDOW, FOCAL, POSE, _predicted(4)
        )

import numpy as np
import pytest
import torch

from splat_widgets.geometry.rotations import rotation_matrix
from splat_widgets.refinement import grids
from splat_widgets.refinement.covering import axes, tangents
from splat_widgets.refinement.gaussians import FOOTPRINT, footprint_maps
from splat_widgets.refinement.records import DenseDepth, Pose, Window
from splat_widgets.rendering import render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.maps import PhotoMaps, gaussians_of

COUNT, FOCAL = 48, 1.0
WINDOW = Window(-0.5, -0.5, 1.0)
HERE = Pose(np.eye(3), np.zeros(3))
RAYS = grids.rays(WINDOW, FOCAL, COUNT)
FLOOR = np.array([0.2, 0.9, 0.3])  # 68 degrees from the middle ray
FLOOR /= np.linalg.norm(FLOOR)


def plane(normal: np.ndarray) -> np.ndarray:
    """(n, n) depth of a plane at a distance of 1."""
    return 1 / np.maximum(RAYS @ normal, 0.05)


def shown(depth: np.ndarray) -> PhotoMaps:
    n = len(depth)
    dense = DenseDepth(depth, np.ones((n, n), bool), np.zeros((n, n), np.float32), depth)
    blank = torch.ones(n, n)
    none = torch.zeros(n, n, 3)
    predicted = PhotoMaps(none, blank, none, none, torch.zeros(n, n, 4), blank, none[..., None, :])
    return footprint_maps(dense, np.ones((n, n, 3), np.float32), WINDOW, FOCAL, HERE, predicted)


WALL = np.array([0.8, 0.1, 0.59])
WALL /= np.linalg.norm(WALL)
INNER = (slice(4, -4), slice(4, -4))


@pytest.mark.parametrize("normal", [np.array([0.0, 0, 1]), WALL])
def test_discs_lie_in_the_plane_and_look_round_from_their_own_photo(normal):
    depth = plane(normal)
    maps = shown(depth)
    R = rotation_matrix(maps.quaternions.double()).numpy()
    inside = (slice(4, -4), slice(20, -4))  # where the plane is ahead and not yet edge-on
    assert (np.abs(R[inside][..., 2] @ normal) > 0.999).all()
    # Their covariance in the picture, by the derivative of the projection.
    L = R[..., :2] * maps.scales.double().numpy()[..., None, :2]
    x, y, z = (RAYS * depth[..., None])[..., None, :].transpose(3, 0, 1, 2)
    moved = np.stack([L[..., 0, :] - x / z * L[..., 2, :], L[..., 1, :] - y / z * L[..., 2, :]], -2)
    px = moved / z[..., None] * FOCAL * COUNT
    covariance = px @ px.swapaxes(-1, -2)
    np.testing.assert_allclose(
        covariance[inside], np.broadcast_to(FOOTPRINT**2 * np.eye(2), (40, 24, 2, 2)), atol=0.02
    )


def test_a_wall_seen_from_the_side_has_no_gaps_where_round_gaussians_fall_apart():
    depth = plane(np.array([0.75, 0.0, 0.66]))
    maps = shown(depth)
    flat = gaussians_of([maps])
    spread = torch.from_numpy(FOOTPRINT * depth / COUNT / FOCAL).float().reshape(-1, 1)
    ball = Gaussians(flat.means, spread.expand(-1, 3), flat.quaternions, flat.opacities, flat.sh)
    centre = flat.means.reshape(COUNT, COUNT, 3)[COUNT // 2, COUNT // 2].double().numpy()
    turn = np.radians(35.0)
    R = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, centre - R @ centre
    camera = Camera.centred(2.0 * COUNT, COUNT, COUNT, torch.from_numpy(T).float())
    middle = (slice(COUNT // 2 - 4, COUNT // 2 + 4),) * 2
    covered, gaps = (float(render(one, camera).alpha[middle].min()) for one in (flat, ball))
    assert covered > 0.8 and gaps < 0.7


def test_discs_do_not_reach_across_an_edge():
    depth = np.full((COUNT, COUNT), 3.0)
    depth[:, : COUNT // 2] = 1.0
    _, lengths = axes(tangents(depth, RAYS))
    np.testing.assert_allclose(lengths / depth[..., None] * COUNT, 1.0, atol=1e-6)

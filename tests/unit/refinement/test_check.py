import numpy as np

from splat_widgets.refinement import check, grids
from splat_widgets.refinement.records import Pose, Window

N, FOCAL = 60, 1.0
WINDOW = Window(-0.5, -0.5, 1.0)
SIDEWAYS = Pose(np.eye(3), np.array([-0.3, 0.0, 0.0]))


def _points(depth: np.ndarray) -> np.ndarray:
    return grids.rays(WINDOW, FOCAL, N) * depth[..., None]


def _known(depth: np.ndarray, pose: Pose = SIDEWAYS) -> check.Known:
    axis = np.append(pose.R[2], pose.t[2])
    return check.Known(depth, grids.to_grid(WINDOW, FOCAL, pose, N), axis)


def test_a_wall_that_both_see_agrees_where_it_is_in_both_pictures():
    wall = np.full((N, N), 3.0)
    votes, looking = check.agreeing(_points(wall), [_known(wall), _known(1.05 * wall)])
    hidden = round(0.3 / 3.0 * FOCAL * N)  # columns that the other camera does not hold
    assert (votes[:, hidden:] == 1).all() and (looking[:, hidden:] == 2).all()
    assert (looking[:, : hidden - 1] == 0).all()
    assert (votes[:, :hidden] == 0).all()


def test_gaps_tell_what_is_hidden_and_what_hides():
    wall = np.full((N, N), 3.0)
    behind, inside = check.depth_gaps(_points(wall), _known(np.full((N, N), 2.0)))
    np.testing.assert_allclose(behind[inside], 1 / 3)
    before, inside = check.depth_gaps(_points(wall), _known(np.full((N, N), 6.0)))
    np.testing.assert_allclose(before[inside], -1.0)


def test_depths_are_looked_up_where_the_points_lie():
    n = np.arange(N)
    there = 10.0 + n[:, None] + 100.0 * n  # of each pixel another one
    wall = np.full((N, N), 3.0)
    gaps, inside = check.depth_gaps(_points(wall), _known(there))
    row, column = np.nonzero(inside)
    moved = there[row, column - round(0.3 / 3.0 * FOCAL * N)]
    np.testing.assert_allclose(gaps[inside], (3.0 - moved) / 3.0)
    few, _ = check.depth_gaps(
        _points(wall)[::7, ::5].reshape(-1, 3).astype(np.float32), _known(there)
    )
    assert few.shape == (len(n[::7]) * len(n[::5]),)
    none, _ = check.depth_gaps(np.zeros((0, 3)), _known(there))
    assert none.shape == (0,)


def test_points_behind_the_other_camera_are_not_inside():
    turned = Pose(np.diag([-1.0, 1.0, -1.0]), np.zeros(3))
    wall = np.full((N, N), 3.0)
    _, inside = check.depth_gaps(_points(wall), _known(wall, turned))
    assert not inside.any()


def test_specks_go_and_surfaces_stay():
    depth = np.full((256, 256), 2.0)
    good = np.zeros((256, 256), bool)
    good[20:120, 30:90] = True
    good[200:208, 200:208] = True
    kept = check.without_specks(good, depth)
    assert kept[20:120, 30:90].all()
    assert kept.sum() == 6000
    depth[200:204, 30:90] = 5.0  # the same island, torn in depth
    assert not check.without_specks(np.zeros((256, 256), bool), depth).any()


def test_islands_keep_their_frayed_edges_and_lone_pixels_go():
    depth = np.full((256, 256), 2.0)
    good = np.zeros((256, 256), bool)
    good[20:120, 30:90] = True
    good[20:120, 90] = [True, False] * 50
    good[150::9, 150::9] = True
    kept = check.islands(good, depth)
    np.testing.assert_array_equal(kept[:, :100], good[:, :100])
    assert not kept[:, 100:].any()

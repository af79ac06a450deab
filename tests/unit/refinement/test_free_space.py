import numpy as np

from splat_widgets.refinement import check, grids
from splat_widgets.refinement.correction import CorrectedPrior
from splat_widgets.refinement.free_space import moved_behind, settled
from splat_widgets.refinement.records import Pose, Shot, Window
from splat_widgets.refinement.views import View

N, FOCAL, WALL = 60, 1.0, 4.0
WINDOW = Window(-0.5, -0.5, 1.0)
RAYS = grids.rays(WINDOW, FOCAL, N)
SIDEWAYS = Pose(np.eye(3), np.array([-0.3, 0.0, 0.0]))
AXIS = np.append(SIDEWAYS.R[2], SIDEWAYS.t[2])
GUESSED = np.zeros((N, N), bool)
GUESSED[20:40, 25:45] = True


def _surface(depth: np.ndarray) -> check.Known:
    return check.Known(depth, grids.to_grid(WINDOW, FOCAL, SIDEWAYS, N), AXIS)


def _moved(guess: float, seen: np.ndarray) -> np.ndarray:
    depth = np.where(GUESSED, guess, WALL)
    return moved_behind(RAYS, depth, GUESSED, [_surface(seen)])


def test_a_guess_that_hides_a_seen_wall_moves_to_the_wall():
    moved = _moved(3.0, np.full((N, N), WALL))
    assert (moved[~GUESSED] == WALL).all()
    assert (moved[GUESSED] >= WALL * (1 - 1e-9)).all()
    assert (moved[GUESSED] < WALL * 1.05).all()


def test_a_guess_behind_the_wall_or_before_what_nobody_knows_stays():
    assert (_moved(5.0, np.full((N, N), WALL))[GUESSED] == 5.0).all()
    assert (_moved(2.0, np.zeros((N, N)))[GUESSED] == 2.0).all()


def test_a_guess_that_is_off_by_far_recedes_just_behind_the_wall():
    moved = _moved(0.8, np.full((N, N), WALL))[GUESSED]
    assert (moved >= WALL * (1 - 1e-9)).all() and (moved < WALL * 1.006).all()


def test_a_guess_that_is_off_by_more_than_the_search_stays():
    assert (_moved(0.3, np.full((N, N), WALL))[GUESSED] == 0.3).all()


def _view(depth: np.ndarray, pose: Pose) -> View:
    picture = np.zeros((N, N, 3), np.uint8)
    shot = Shot(picture, WINDOW, (N / 2, N / 2))
    return View(shot, pose, FOCAL, CorrectedPrior(depth, np.empty(0), np.empty((0, 2))), N)


def test_no_guess_hides_what_another_photo_shows_though_that_is_a_guess_too():
    rng = np.random.default_rng(0)
    poses = [Pose(np.eye(3), np.array([x, 0.0, 0.0])) for x in (0.0, -0.3, 0.25)]
    depths = [
        np.kron(rng.uniform(3, 5, (6, 6)), np.ones((N // 6, N // 6))) for _ in poses
    ]  # patches
    guessed = [rng.random((N, N)) < 0.9 for _ in poses]
    views = [_view(depth, pose) for depth, pose in zip(depths, poses, strict=True)]

    def hidden(depths):
        """Of each photo's guesses the share that stands before what another one shows."""
        shares = []
        for k, view in enumerate(views):
            points = RAYS * depths[k][..., None]
            known = [view.known(views[j], depths[j]) for j in range(3) if j != k]
            gaps = [check.depth_gaps(points, one) for one in known]
            hides = [inside & (gap < -check.TOLERANCE) for gap, inside in gaps]
            shares.append(np.mean(hides, 0)[guessed[k]].mean())
        return shares

    after = settled(views, depths, guessed)
    assert min(hidden(depths)) > 0.2
    assert max(hidden(after)) < 0.03
    for old, new, may in zip(depths, after, guessed, strict=True):
        assert (new >= old).all() and (new[~may] == old[~may]).all()
    order = [2, 0, 1]
    again = settled(*([given[k] for k in order] for given in (views, depths, guessed)))
    for photo, depth in zip(order, again, strict=True):
        np.testing.assert_array_equal(depth, after[photo])

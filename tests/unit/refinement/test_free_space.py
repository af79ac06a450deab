import numpy as np

from splat_widgets.refinement import check, grids
from splat_widgets.refinement.free_space import SLACK, moved_behind
from splat_widgets.refinement.records import Pose, Window

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
    assert (moved[GUESSED] >= WALL * (1 - SLACK)).all()
    assert (moved[GUESSED] < WALL * 1.05).all()


def test_a_guess_behind_the_wall_or_before_what_nobody_knows_stays():
    assert (_moved(5.0, np.full((N, N), WALL))[GUESSED] == 5.0).all()
    assert (_moved(2.0, np.zeros((N, N)))[GUESSED] == 2.0).all()


def test_a_guess_that_is_off_by_more_than_the_search_stays():
    assert (_moved(0.5, np.full((N, N), WALL))[GUESSED] == 0.5).all()

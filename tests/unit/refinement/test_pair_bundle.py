"""The bundle: its derivatives against differences, its answers against known cameras."""

from dataclasses import replace

import numpy as np
import pytest
from two_photos import FOCAL, POSE, angle_deg, depth_at, seen

from splat_widgets.refinement import pair_bundle as bundle
from splat_widgets.refinement.pair_bundle import Problem, States, free_unknowns
from splat_widgets.refinement.records import Pose


def problem(noise: float = 0.0, wild: int = 0, focals=(FOCAL, FOCAL), told: bool = True) -> Problem:
    found = seen(noise=noise, wild=wild, focals=focals)
    depth = depth_at(found.first)
    rays = np.concatenate([found.first / focals[0], np.ones((len(found), 1))], 1)
    there = POSE.apply(rays * depth[:, None])[:, 2]
    has = np.full(len(found), told)
    logs = np.log(depth), np.log(there)
    return Problem(found.first, found.second, logs, (has, has), float(np.log(1.05)))


def away(case: Problem, *, focal=True, ratio=False, focals=(1.1, 1.1)) -> States:
    """A start that is wrong in everything."""
    pose = Pose(bundle._rotations(np.array([[0.03, 0.05, -0.02]]))[0] @ POSE.R, POSE.t + 0.1)
    free = free_unknowns(focal=focal, ratio=ratio)
    random = np.random.default_rng(5)
    logs = case.log_depths[0] + 0.1 * random.normal(size=len(case.first))
    return bundle.starting(case, [pose], [focals], [logs], [free])


def moved(states: States, cameras: np.ndarray, depth: float) -> States:
    return replace(
        states,
        R=bundle._rotations(cameras[None, bundle.TURN]) @ states.R,
        t=states.t + cameras[bundle.SHIFT],
        log_focal=states.log_focal + cameras[bundle.FOCAL],
        log_ratio=states.log_ratio + cameras[bundle.RATIO],
        shape=states.shape + cameras[bundle.SHAPE],
        log_depth=states.log_depth + depth,
    )


def test_derivatives_are_those_of_the_residuals():
    case = problem()
    states = away(case, ratio=True, focals=(1.0, 1.2))
    states = replace(states, shape=np.full((1, 5), 0.1))
    cameras, depths = bundle._linearised(case, states, bundle._residuals(case, states))
    step = 1e-6

    def difference(change: np.ndarray, depth: float) -> np.ndarray:
        ahead, back = (
            bundle._residuals(case, moved(states, sign * change, sign * depth)).scaled
            for sign in (1, -1)
        )
        return (ahead - back) / (2 * step)

    for column in range(bundle.SIZE):
        change = np.zeros(bundle.SIZE)
        change[column] = step
        np.testing.assert_allclose(
            cameras[..., column], difference(change, 0), rtol=1e-4, atol=1e-3, err_msg=str(column)
        )
    np.testing.assert_allclose(
        depths, difference(np.zeros(bundle.SIZE), step), rtol=1e-4, atol=1e-3
    )


def test_the_truth_is_found():
    case = problem()
    case = replace(case, log_focal=float(np.log(FOCAL)))
    solved = bundle.solve(case, away(case), num_steps=60)
    assert angle_deg(solved.R[0], POSE.R) < 1e-3
    np.testing.assert_allclose(solved.t[0], POSE.t, atol=1e-4)
    np.testing.assert_allclose(solved.focals(0), (FOCAL, FOCAL), rtol=1e-4)
    np.testing.assert_allclose(solved.log_depth[0], case.log_depths[0], atol=1e-3)


def test_matches_outweigh_the_prior_of_the_focal_length():
    case = problem(noise=bundle.NOISE)
    solved = bundle.solve(case, away(case), num_steps=60)
    assert solved.focals(0)[0] == pytest.approx(FOCAL, rel=0.01)
    assert angle_deg(solved.R[0], POSE.R) < 0.1
    assert angle_deg(solved.t[0], POSE.t) < 0.5


def test_two_focal_lengths():
    case = problem(noise=bundle.NOISE, focals=(0.7, 1.4))
    solved = bundle.solve(case, away(case, ratio=True, focals=(0.8, 1.3)), num_steps=60)
    np.testing.assert_allclose(solved.focals(0), (0.7, 1.4), rtol=0.02)


def test_chance_matches_do_not_pull():
    case = problem(noise=bundle.NOISE, wild=40)
    solved = bundle.solve(case, away(case), num_steps=60)
    assert angle_deg(solved.R[0], POSE.R) < 0.15
    assert (solved.errors[0][:-40] < 5 * bundle.NOISE).mean() > 0.95


def test_what_is_fixed_stays():
    case = problem(noise=bundle.NOISE)
    solved = bundle.solve(case, away(case, focal=False, focals=(FOCAL, FOCAL)), num_steps=40)
    np.testing.assert_allclose(solved.focals(0), (FOCAL, FOCAL), rtol=1e-12)
    assert angle_deg(solved.t[0], POSE.t) < 0.5


def test_states_side_by_side_are_those_one_by_one():
    case = problem(noise=bundle.NOISE)
    one, other = away(case), away(case, focal=False, focals=(FOCAL, FOCAL))
    both = States(**{k: np.concatenate([v, vars(other)[k]]) for k, v in vars(one).items()})
    together = bundle.solve(case, both, num_steps=8)
    for index, alone in enumerate((one, other)):
        alone = bundle.solve(case, alone, num_steps=8)
        np.testing.assert_allclose(together.t[index], alone.t[0], rtol=1e-6)
        assert together.cost[index] == pytest.approx(alone.cost[0], rel=1e-6)


def test_no_step_makes_it_worse():
    case = problem(noise=bundle.NOISE, wild=100)
    states = away(case)
    for _ in range(10):
        after = bundle.solve(case, states, num_steps=1)
        assert after.cost[0] <= states.cost[0]
        states = after


def test_the_focal_length_stops_at_its_bound_and_says_so():
    case = replace(problem(), log_focal=float(np.log(2 * FOCAL)))
    start = away(case, focals=(1.3 * FOCAL, 1.3 * FOCAL))
    solved = bundle.solve(case, start, num_steps=40)
    bound = 2 * FOCAL * np.exp(-bundle.FOCAL_BOUND)
    assert solved.focals(0)[0] == pytest.approx(bound, rel=1e-3)
    assert solved.at_bound(case, 0)


def test_without_a_network_the_unit_is_open_but_the_directions_are_not():
    case = problem(noise=bundle.NOISE, told=False)
    solved = bundle.solve(case, away(case), num_steps=60)
    assert angle_deg(solved.t[0], POSE.t) < 0.5
    assert np.isfinite(solved.log_depth).all()

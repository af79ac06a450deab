"""How surely matches tell the turn between two photos, against turns found from noisy ones."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from splat_widgets.refinement.certainty import turn_sigma_deg
from splat_widgets.refinement.common_focal import solved_with
from splat_widgets.refinement.records import Matches, PairGeometry, Pose

NOISE = 0.5 / 512
TURN, ASIDE, FOCAL = np.array([0.03, -0.05, 0.02]), np.array([0.3, 0.05, 0.04]), 1.2


def pair(count: int, spread: float, noise: float = 0.0, seed: int = 0) -> PairGeometry:
    """Matches in the middle of two photos, as far apart as told."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(-spread / 2, spread / 2, (count, 2))
    depths = rng.uniform(2, 5, count)
    points = np.concatenate([first / FOCAL, np.ones((count, 1))], 1) * depths[:, None]
    pose = Pose(cv2.Rodrigues(TURN)[0], ASIDE)
    there = pose.apply(points)
    second = there[:, :2] / there[:, 2:] * FOCAL
    first, second = (each + rng.normal(0, noise, (count, 2)) for each in (first, second))
    rows = np.arange(count)
    return PairGeometry(
        pose=pose,
        focals_sides=(FOCAL, FOCAL),
        matches=Matches(first, second, rows, rows),
        depths=depths,
        errors=np.abs(rng.normal(0, noise, count)),
        cost=0.0,
        parallax_deg=5.0,
        focal_at_bound=False,
    )


def test_it_foretells_how_far_noise_turns_the_pose():
    told = turn_sigma_deg(pair(150, 0.9, noise=NOISE), known_focals=True)
    turns = []
    for seed in range(24):
        noisy = pair(150, 0.9, noise=NOISE, seed=seed)
        found = solved_with(noisy.matches, (FOCAL, FOCAL), None)
        assert found is not None
        turns.append(np.degrees(np.linalg.norm(cv2.Rodrigues(found.pose.R.T @ noisy.pose.R)[0])))
    seen = np.sqrt(np.mean(np.square(turns)))
    assert told == pytest.approx(seen, rel=0.5)


def test_one_poster_tells_less_than_the_room():
    room, poster = turn_sigma_deg(pair(40, 0.9)), turn_sigma_deg(pair(40, 0.1))
    assert room < 1.5 and poster > 3 * room


def test_more_matches_tell_more():
    few, many = turn_sigma_deg(pair(20, 0.9)), turn_sigma_deg(pair(320, 0.9))
    assert few / many > 2


def test_a_focal_length_that_was_given_tells_more():
    assert turn_sigma_deg(pair(300, 0.9), known_focals=True) < turn_sigma_deg(pair(300, 0.9))


def test_without_matches_or_step_aside_nothing_is_told():
    some = pair(30, 0.9)
    still = replace(some, pose=Pose(some.pose.R, np.zeros(3)))
    assert turn_sigma_deg(still) == np.inf
    assert turn_sigma_deg(replace(some, matches=some.matches.select(np.zeros(0, int)))) == np.inf
    spoiled = replace(some, pose=Pose(some.pose.R, np.array([np.nan, 0, 0])))
    assert turn_sigma_deg(spoiled) == np.inf
    alone = some.matches.select(np.zeros(4000, int))  # one place, many times
    assert turn_sigma_deg(replace(some, matches=alone, errors=np.zeros(4000))) > 10

"""Two photos: the answer against known cameras, and every way not to answer."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import two_photos
from two_photos import FOCAL, POSE, angle_deg, blobs, depth_at, prior, seen, shots

from splat_widgets.refinement import starts
from splat_widgets.refinement.pair import solve_pair
from splat_widgets.refinement.pair_search import Pair, search
from splat_widgets.refinement.records import Matches, Pose

NOISE = 0.3 / 512


def check(answer, pose: Pose = POSE, focals=(FOCAL, FOCAL), *, scaled: bool = True) -> None:
    assert answer.answered and answer.reason == ""
    found = answer.geometry
    assert angle_deg(found.pose.R, pose.R) < 0.15
    assert angle_deg(found.pose.t, pose.t) < 1
    np.testing.assert_allclose(found.focals_sides, focals, rtol=0.02)
    assert len(found.matches) == len(found.depths) == len(found.errors) == answer.num_inliers
    if scaled:
        error = np.log(found.depths / depth_at(found.matches.first))
        assert np.median(np.abs(error)) < 0.05


def test_cameras_and_depth_are_found():
    answer = solve_pair(shots(), seen(noise=NOISE, wild=40), prior(noise=0.1))
    check(answer)
    assert answer.num_matches == 200 and 150 < answer.num_inliers < 170
    assert 5 < answer.parallax_deg < 15
    assert answer.runner_up is None and not answer.focal_refuted and not answer.zoom_doubtful


def test_a_wrong_network_is_outvoted():
    other = Pose(np.eye(3), np.array([0.5, 0, 0]))
    wrong = replace(prior(other, 1.3), depths=(np.full((16, 16), 3.0), np.full((16, 16), 3.0)))
    check(solve_pair(shots(), seen(noise=NOISE), wrong), scaled=False)


@pytest.mark.parametrize("told", [prior(pose=None), prior(None, None), None])
def test_the_network_may_say_less(told):
    answer = solve_pair(shots(), seen(noise=NOISE), told)
    check(answer, scaled=told is not None)
    if told is None:
        assert np.median(answer.geometry.depths) == pytest.approx(1)


def test_opencv_in_poselibs_place(monkeypatch):
    monkeypatch.setitem(sys.modules, "poselib", None)
    starts.poselib.cache_clear()
    answer = solve_pair(shots(), seen(noise=NOISE, wild=40), prior(noise=0.1))
    starts.poselib.cache_clear()
    check(answer)


def test_known_focal_lengths_stay():
    answer = solve_pair(shots((FOCAL, FOCAL)), seen(noise=NOISE), prior(focal=1.2))
    check(answer)
    np.testing.assert_allclose(answer.geometry.focals_sides, (FOCAL, FOCAL), rtol=1e-12)
    assert not answer.focal_refuted


@pytest.mark.parametrize("lie", [0.5, 2.0])
def test_a_known_focal_length_that_lies_is_refuted(lie):
    known = shots((lie * FOCAL, lie * FOCAL))
    answer = solve_pair(known, seen(noise=NOISE), prior())
    check(answer)
    assert answer.focal_refuted


def test_two_known_focal_lengths():
    focals = (0.8, 1.3)
    check(solve_pair(shots(focals), seen(focals=focals, noise=NOISE), prior()), focals=focals)


@pytest.mark.parametrize("focals", [(0.7, 1.4), (1.4, 0.7)])
def test_a_zoom_between_the_photos(focals):
    answer = solve_pair(shots(), seen(focals=focals, noise=NOISE), prior(focal=focals[0]))
    check(answer, focals=focals)


def test_a_step_forward_is_no_zoom():
    forward = Pose(POSE.R, np.array([0.0, 0.1, -0.9]))
    answer = solve_pair(shots(), seen(forward, noise=NOISE), prior(forward))
    assert answer.answered
    assert answer.geometry.focals_sides[0] == answer.geometry.focals_sides[1]
    assert angle_deg(answer.geometry.pose.t, forward.t) < 3


def test_a_zoom_from_further_back():
    """Things are as large in both photos: their sizes do not tell the zoom."""
    back = Pose(POSE.R, np.array([-0.3, 0.05, 1.0]))
    answer = solve_pair(shots(), seen(back, (FOCAL, 1.1), noise=NOISE), prior(back))
    first, second = answer.geometry.focals_sides
    assert second / first == pytest.approx(1.1 / FOCAL, rel=0.05) and not answer.zoom_doubtful
    assert angle_deg(answer.geometry.pose.R, back.R) < 0.5


def test_a_step_towards_a_wall_or_a_zoom_is_a_doubt(monkeypatch):
    monkeypatch.setattr(two_photos, "depth_at", lambda sides: 3 + 0.3 * sides[..., 0])
    forward = Pose(POSE.R, np.array([-0.2, 0.05, -0.7]))
    answer = solve_pair(shots(), seen(forward, noise=NOISE), None)
    assert answer.answered and answer.zoom_doubtful
    known = solve_pair(shots((FOCAL, FOCAL)), seen(forward, noise=NOISE), None)
    assert known.answered and not known.zoom_doubtful


def test_the_same_input_gives_the_same_answer():
    one, other = (solve_pair(shots(), seen(noise=NOISE, wild=60), prior()) for _ in range(2))
    np.testing.assert_array_equal(one.geometry.pose.t, other.geometry.pose.t)
    np.testing.assert_array_equal(one.geometry.depths, other.geometry.depths)


def test_the_caller_may_stop_between_steps():
    class Stop(Exception):
        pass

    steps = []

    def report(stage, done, total):
        steps.append((stage, done, total))
        if done == 1:
            raise Stop

    with pytest.raises(Stop):
        solve_pair(shots(), seen(), prior(), on_step=report)
    assert steps == [("pose", 0, 3), ("pose", 1, 3)]


def test_a_focal_length_that_runs_away_gives_way_to_a_usual_one():
    # Affine matches: the plane is so far away that no focal length fits better than another.
    random = np.random.default_rng(3)
    first = random.uniform(-0.5, 0.5, (200, 2))
    second = first @ np.array([[0.9, 0.1], [-0.1, 0.95]]) + 0.02 * np.sin(9 * first[:, ::-1])
    rows = np.arange(200)
    pair = Pair.of(shots(), Matches(first, second, rows, rows), None)
    found = search(pair, None, lambda stage, done, total: None)
    assert found is not None and not found[0].at_bound


@pytest.mark.parametrize("focal", [0.5, 2.2])
def test_a_long_or_a_wide_lens(focal):
    answer = solve_pair(shots(), seen(focals=(focal, focal), noise=NOISE), None)
    check(answer, focals=(focal, focal), scaled=False)


def test_no_ordinary_lens():
    answer = solve_pair(shots(), seen(focals=(0.4, 0.4), noise=NOISE / 3), None)
    assert refusal(answer) == "focal_at_bound"


def refusal(answer) -> str:
    assert not answer.answered and answer.geometry is None and answer.runner_up is None
    return answer.reason


@pytest.mark.parametrize("count", [0, 5, 19])
def test_few_matches(count):
    assert refusal(solve_pair(shots(), seen(count=count), prior())) == "few_matches"


@pytest.mark.parametrize("count", [30, 100, 300])
def test_chance_matches_are_no_answer(count):
    chance = seen(count=count, wild=count)
    assert refusal(solve_pair(shots(), chance, prior())) == "few_matches"


def test_hopeless_matches_are_given_up_early(monkeypatch):
    def never(matches):
        raise AssertionError("the slowest solver was asked")

    monkeypatch.setattr(starts, "shared_focal_pose", never)
    chance = seen(count=40, wild=40)
    assert refusal(solve_pair(shots(), chance, prior())) == "few_matches"
    with pytest.raises(AssertionError, match="slowest"):
        solve_pair(shots(), seen(count=40), prior())


@pytest.mark.parametrize("known", [(None, None), (FOCAL, FOCAL)])
def test_a_rotation(known):
    turned = seen(Pose(POSE.R, np.zeros(3)), noise=NOISE)
    assert refusal(solve_pair(shots(known), turned, prior())) == "rotation_only"


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_rotation_with_a_zoom(noise):
    turned = seen(Pose(POSE.R, np.zeros(3)), (0.8, 1.2), noise=noise / 512)
    assert refusal(solve_pair(shots(), turned, prior())) == "rotation_only"


def test_a_small_step_needs_matches_that_are_exact():
    step = seen(Pose(POSE.R, 0.08 * POSE.t), noise=0.02 / 512)
    assert solve_pair(shots((FOCAL, FOCAL)), step, None).answered
    weak = replace(step, has_weak=True)
    assert refusal(solve_pair(shots((FOCAL, FOCAL)), weak, None)) == "rotation_only"


def test_the_same_photo():
    still = seen(Pose(np.eye(3), np.zeros(3)))
    assert refusal(solve_pair(shots(), still, prior())) == "same_photo"


def test_the_same_photo_saved_twice():
    still = seen(Pose(np.eye(3), np.zeros(3)), noise=1 / 512, wild=30)
    assert refusal(solve_pair(shots(), still, prior())) == "same_photo"


def test_a_blank_photo():
    one, two = shots()
    blank = replace(two, picture=np.full((64, 64, 3), 128, np.uint8))
    nothing = seen(count=0)
    assert refusal(solve_pair((one, blank), nothing, prior())) == "blank"
    still = seen(Pose(np.eye(3), np.zeros(3)))
    assert refusal(solve_pair((blank, blank), still, prior())) == "blank"


def test_a_mirrored_photo():
    whole = blobs(width=300, height=240)
    pictures = whole[:200, :200].copy(), whole[10:210, 60:260][:, ::-1].copy()
    one, two = (replace(shot, picture=p) for shot, p in zip(shots(), pictures, strict=True))
    assert refusal(solve_pair((one, two), seen(count=0), prior())) == "mirrored"

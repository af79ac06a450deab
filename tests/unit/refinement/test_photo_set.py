"""Cameras of three to ten photos."""

from dataclasses import replace

import numpy as np
import pytest

from splat_widgets.refinement.joint_bundle import rotations
from splat_widgets.refinement.photo_set import solve_set, swapped
from splat_widgets.refinement.records import PairAnswer, PairPrior, Pose
from tests.photo_sets import PX, PhotoSet, aside_deg, make_set, turn_deg


def solved(photos: PhotoSet, priors=None):
    found = solve_set(photos.shots, photos.matches, photos.answers, priors or {})
    assert found is not None
    return found


def worst(found, photos: PhotoSet) -> tuple[float, float]:
    """Largest error of rotation and of direction over all pairs of registered photos, degrees."""
    turns, asides = [], []
    for i in found.registered:
        for j in found.registered:
            if i < j:
                pose, true = (
                    poses[j].after(poses[i].inverse) for poses in (found.poses, photos.poses)
                )
                turns.append(turn_deg(pose.R, true.R))
                asides.append(aside_deg(pose.t, true.t))
    return max(turns), max(asides)


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_cameras_are_found(count):
    photos = make_set(count, seed=count)
    found = solved(photos)
    assert found.registered == tuple(range(count)) and not found.left_out
    # Two photos leave the focal length of their pair, which is off by 3 %, and three hardly
    # tell it: what is left is what the noise allows.
    turn, aside = worst(found, photos)
    assert (turn, aside) < {2: (1.0, 2.0), 3: (1.0, 2.0)}.get(count, (0.4, 1.0))
    assert aside < 2.0
    assert found.focals_sides == pytest.approx([1.2] * count, rel=0.015 if count > 3 else 0.05)
    assert not found.weak and (found.num_long_tracks > 40 or count == 2)
    assert max(found.errors_sides) < 0.6 * PX
    assert any(pose is not None and np.array_equal(pose.R, np.eye(3)) for pose in found.poses)


def test_a_loop_closes():
    photos = make_set(10, reach=1)  # only neighbours match
    found = solved(photos)
    assert found.registered == tuple(range(10))
    turn, aside = worst(found, photos)
    assert turn < 1.0 and aside < 2.0


def test_the_order_of_photos_changes_nothing():
    photos = make_set(6, seed=3)
    first = solved(photos)
    order = [4, 2, 0, 5, 1, 3]
    other = solved(photos.permuted(order))
    for number, photo in enumerate(order):
        one, two = first.poses[photo], other.poses[number]
        assert one is not None and two is not None
        # To the last bit: another frame's rounding would flip pixels of the depths that follow.
        np.testing.assert_array_equal(two.R, one.R)
        np.testing.assert_array_equal(two.t, one.t)
        assert first.focals_sides[photo] == pytest.approx(other.focals_sides[number])
        np.testing.assert_allclose(first.sparse[photo].depths, other.sparse[number].depths)


def test_the_principal_point_is_found_by_three_photos():
    photos = make_set(5, seed=1, principal=(0.025, -0.02), num_points=800, noise=0.1 * PX)
    found = solved(photos)
    np.testing.assert_allclose(found.principal_sides, [(0.025, -0.02)] * 5, atol=0.006)
    shot = found.shots(photos.shots)[2]
    x, y = found.principal_sides[2]
    np.testing.assert_allclose(shot.principal_px, (16 + 24 * x, 12 + 24 * y))
    np.testing.assert_allclose(
        shot.to_pixels(np.array([shot.window.left, shot.window.top])),
        photos.shots[2].to_pixels(np.array([-0.5, -0.5])),
        atol=1e-9,
    )
    # Image coordinates of the sparse points are from the new principal point.
    place, depth = found.sparse[2].sides, found.sparse[2].depths[:, None]
    points = np.concatenate([place / found.focals_sides[2], np.ones_like(depth)], 1) * depth
    pose = found.poses[2]
    assert pose is not None and len(points) > 100


def test_two_zooms_are_two_focal_lengths():
    focals = [1.2, 1.2, 1.2, 1.6, 1.6]
    photos = make_set(5, seed=2, focal=focals, num_points=800)
    found = solved(photos)
    assert found.focals_sides == pytest.approx(focals, rel=0.02)
    assert worst(found, photos)[0] < 0.5


def test_known_focal_lengths_stay():
    photos = make_set(4)
    known = [replace(shot, focal_sides=1.21) for shot in photos.shots]
    found = solved(replace(photos, shots=known))
    assert found.focals_sides == pytest.approx([1.21] * 4, abs=1e-12)
    assert found.principal_sides == ((0.0, 0.0),) * 4


@pytest.mark.parametrize("seed", range(4))
def test_a_wrong_pair_does_not_mislead(seed):
    photos = make_set(5, seed=seed)
    rng = np.random.default_rng(seed)
    edge = sorted(photos.answers)[rng.integers(len(photos.answers))]
    geometry = photos.answers[edge].geometry
    assert geometry is not None
    wrong = Pose(rotations(np.array([0.0, 0.6, 0])) @ geometry.pose.R, -geometry.pose.t)
    # As it comes with many matches and a large parallax, it would be the first choice.
    many = np.tile(np.arange(len(geometry.matches)), 3)
    liar = replace(geometry, pose=wrong, parallax_deg=20.0, matches=geometry.matches.select(many))
    liar = replace(liar, depths=geometry.depths[many], errors=geometry.errors[many])
    answers = photos.answers | {edge: PairAnswer(liar, None, 0, 0, 20.0, "")}
    found = solved(replace(photos, answers=answers))
    assert found.registered == tuple(range(5))
    turn, aside = worst(found, photos)
    assert turn < 0.5 and aside < 2.0


@pytest.mark.parametrize("num_points, sure", [(1200, True), (300, False)])
def test_a_photo_that_one_sure_pair_holds_is_hung_up_and_said_to_be_weak(num_points, sure):
    photos = make_set(4, seed=5, num_points=num_points)
    lone = {e for e in photos.matches if 3 in e and e != (0, 3)}
    matches = {e: m for e, m in photos.matches.items() if e not in lone}
    # Points that the pair knows and no other photo: nothing to place the photo on.
    unseen = ~np.isin(matches[0, 3].first_index, matches[0, 1].first_index)
    unseen &= ~np.isin(matches[0, 3].first_index, matches[0, 2].first_index)
    geometry = photos.answers[0, 3].geometry
    assert geometry is not None
    mine = ~np.isin(geometry.matches.first_index, matches[0, 1].first_index)
    mine &= ~np.isin(geometry.matches.first_index, matches[0, 2].first_index)
    pair = replace(
        geometry,
        matches=geometry.matches.select(mine),
        depths=geometry.depths[mine],
        errors=geometry.errors[mine],
    )
    matches[0, 3] = matches[0, 3].select(unseen)
    answers = {e: a for e, a in photos.answers.items() if e in matches}
    answers[0, 3] = replace(answers[0, 3], geometry=pair)
    found = solved(replace(photos, matches=matches, answers=answers))
    if not sure:
        assert found.registered == (0, 1, 2) and found.left_out == (3,)
        return
    assert found.registered == (0, 1, 2, 3) and found.weak == (3,)
    first, pose = found.poses[0], found.poses[3]
    assert first is not None and pose is not None
    assert turn_deg(pose.after(first.inverse).R, photos.poses[3].R) < 4


def test_a_chain_without_points_of_three_photos_is_cut():
    photos = make_set(5, seed=6, num_points=1200)
    matches, answers = {}, {}
    for k in range(4):  # each pair has points of its own
        edge, geometry = (k, k + 1), photos.answers[k, k + 1].geometry
        assert geometry is not None
        own, inliers = (m.first_index % 4 == k for m in (photos.matches[edge], geometry.matches))
        matches[edge] = photos.matches[edge].select(own)
        pair = replace(
            geometry,
            matches=geometry.matches.select(inliers),
            depths=geometry.depths[inliers],
            errors=geometry.errors[inliers],
        )
        answers[edge] = replace(photos.answers[edge], geometry=pair)
    found = solved(replace(photos, matches=matches, answers=answers))
    assert len(found.registered) == 3 and len(found.left_out) == 2
    assert found.weak == found.registered and found.num_long_tracks == 0
    # It would bend to fit nearly any focal length: that of all pairs together stays.
    assert found.focals_sides == pytest.approx([1.2] * 5, rel=0.03)
    assert found.principal_sides == ((0.0, 0.0),) * 5


def test_photos_that_do_not_connect_are_left_out():
    photos = make_set(5, seed=4)
    kept = {e: a for e, a in photos.answers.items() if 2 not in e}
    matches = {e: m for e, m in photos.matches.items() if 2 not in e}
    found = solved(replace(photos, matches=matches, answers=kept))
    assert found.left_out == (2,) and found.poses[2] is None
    assert found.registered == (0, 1, 3, 4) and len(found.sparse[2].depths) == 0
    assert np.isnan(found.errors_sides[2]) and np.isfinite(found.focals_sides[2])
    alone = {e: m for e, m in photos.matches.items() if 0 not in e}
    kept = {e: a for e, a in photos.answers.items() if 0 not in e}
    found = solved(replace(photos, matches=alone, answers=kept))
    assert found.left_out == (0,) and found.poses[1] is not None


def test_no_pair_is_no_answer():
    photos = make_set(3)
    refused = {e: PairAnswer(None, None, 9, 0, 0.0, "few_matches") for e in photos.matches}
    assert solve_set(photos.shots, photos.matches, refused, {}) is None
    assert solve_set(photos.shots, {}, {}, {}) is None


def test_metres_are_the_networks():
    photos = make_set(3)
    units = {}
    for metres in (1.0, 2.5):
        depth = np.full((8, 8), metres)
        prior = PairPrior((depth, depth), (depth, depth), None, photos.poses[1])
        found = solved(photos, {(0, 1): prior})
        depths = np.concatenate([found.sparse[0].depths, found.sparse[1].depths])
        units[metres] = np.median(depths)
        assert units[metres] == pytest.approx(metres, rel=0.15)
    assert units[2.5] / units[1.0] == pytest.approx(2.5)


def test_swapped_pairs_say_the_same():
    photos = make_set(2)
    pair = photos.answers[0, 1].geometry
    assert pair is not None
    other = swapped(pair)
    back = swapped(other)
    np.testing.assert_allclose(back.depths, pair.depths, rtol=0.02)  # rays do not quite meet
    np.testing.assert_allclose(back.pose.t, pair.pose.t, atol=1e-12)
    assert other.focals_sides == pair.focals_sides[::-1]
    np.testing.assert_array_equal(other.matches.first, pair.matches.second)


def test_progress_can_end_the_work():
    photos = make_set(3)

    def stop(stage, done, total):
        assert stage == "cameras" and 0 <= done < total
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_set(photos.shots, photos.matches, photos.answers, {}, on_step=stop)

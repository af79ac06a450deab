from dataclasses import replace

import cv2
import numpy as np
import posed_pairs
import pytest
import torch

from splat_widgets.refinement import dense, planes, sweep
from splat_widgets.refinement.dense import checked_share, dense_depths
from splat_widgets.refinement.finish import smoothed
from splat_widgets.refinement.records import DenseDepth, Pose, Window

CPU = torch.device("cpu")


def _solve(pairs=None, order=(0, 1), **changes) -> tuple[DenseDepth, ...]:
    pairs = posed_pairs.pair() if pairs is None else pairs
    focal = posed_pairs.focal_sides(pairs)
    given = {
        "shots": posed_pairs.shots(pairs),
        "poses": posed_pairs.poses(pairs),
        "focals_sides": (focal, focal),
        "priors": [posed_pairs.bent(depth) for depth in posed_pairs.depths(pairs)],
        "sparse": [posed_pairs.sparse(depth) for depth in posed_pairs.depths(pairs)],
    } | changes.pop("given", {})
    ordered = [[values[k] for k in order] for values in given.values()]
    return dense_depths(*ordered, **({"count": 96, "device": CPU} | changes))


def _error(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.abs(np.log(found / truth))


@pytest.fixture(scope="module")
def pairs():
    return posed_pairs.pair()


@pytest.fixture(scope="module")
def solved(pairs):
    return _solve(pairs)


def test_depth_is_better_than_the_corrected_prior_and_checked_depth_is_right(pairs, solved):
    for found, truth in zip(solved, posed_pairs.depths(pairs), strict=True):
        assert found.depth.shape == found.checked.shape == found.match_error.shape == (96, 96)
        error = _error(found.depth, truth)
        assert np.median(error) < 0.5 * np.median(_error(found.prior, truth))
        assert found.checked.mean() > 0.4
        assert np.median(error[found.checked]) < 0.01
        assert (error[found.checked] > 0.05).mean() < 0.1
        assert ((found.match_error >= 0) & (found.match_error <= 1)).all()
        assert np.isfinite(found.depth).all() and (found.depth > 0).all()


def test_the_order_of_the_photos_and_a_second_run_change_nothing(pairs, solved):
    again, swapped = _solve(pairs), _solve(pairs, order=(1, 0))
    for k in (0, 1):
        np.testing.assert_array_equal(solved[k].depth, again[k].depth)
        np.testing.assert_array_equal(solved[k].depth, swapped[1 - k].depth)


def test_the_world_frame_and_unit_do_not_matter(pairs, solved):
    turn = cv2.Rodrigues(np.array([0.4, -1.0, 0.2]))[0]
    away = Pose(turn, np.array([3.0, -1, 2]))
    poses = [pose.after(away.inverse) for pose in posed_pairs.poses(pairs)]
    moved = _solve(pairs, given={"poses": poses})
    assert np.median(_error(moved[1].depth, solved[1].depth)) < 1e-5
    tripled = _solve(
        pairs,
        given={
            "poses": [Pose(p.R, 3 * p.t) for p in posed_pairs.poses(pairs)],
            "sparse": [
                replace(s, depths=3 * s.depths)
                for s in map(posed_pairs.sparse, posed_pairs.depths(pairs))
            ],
        },
    )
    assert np.median(_error(tripled[0].depth / 3, solved[0].depth)) < 1e-2


def test_a_window_off_the_principal_point_sees_the_same_depth(pairs, solved):
    """Cut off part of both photos: principal points and windows move, the scene does not."""
    left, top = 24, 8
    shots = [
        replace(
            shot,
            picture=shot.picture[top:, left:],
            principal_px=(48 - left, 48 - top),
            window=Window((left - 48) / 72, (top - 48) / 72, 64 / 72),
        )
        for shot in posed_pairs.shots(pairs)
    ]
    assert shots[0].side_px == 72
    inside = (slice(top, top + 64), slice(left, left + 64))
    truths = [truth[inside] for truth in posed_pairs.depths(pairs)]
    sparse = [posed_pairs.sparse(truth) for truth in truths]
    for k in (0, 1):
        row_column = sparse[k].sides + 0.5  # over the window, from its corner
        sides = row_column * 64 / 72 + np.array([left - 48, top - 48]) / 72
        sparse[k] = replace(sparse[k], sides=sides)
    found = _solve(
        pairs,
        given={
            "shots": shots,
            "focals_sides": (posed_pairs.focal_sides(pairs) * 96 / 72,) * 2,
            "priors": [posed_pairs.bent(truth) for truth in truths],
            "sparse": sparse,
        },
        count=64,
    )
    for k in (0, 1):
        assert found[k].checked.mean() > 0.3
        error = _error(found[k].depth, truths[k])[found[k].checked]
        assert np.median(error) < 0.012


def test_a_third_photo_of_other_resolution_takes_part(pairs):
    doubled = posed_pairs.pair(size=192)
    shot = posed_pairs.shots(doubled)[1]
    given = {
        "shots": [*posed_pairs.shots(pairs), shot],
        "poses": [*posed_pairs.poses(pairs), posed_pairs.poses(pairs)[1]],
        "focals_sides": (posed_pairs.focal_sides(pairs),) * 3,
        "priors": [posed_pairs.bent(posed_pairs.depths(pairs)[k]) for k in (0, 1, 1)],
        "sparse": [posed_pairs.sparse(posed_pairs.depths(pairs)[k]) for k in (0, 1, 1)],
    }
    found = _solve(pairs, (0, 1, 2), given=given, count=(96, 96, 64), neighbours=[[1, 2], [0], [0]])
    assert [len(one.depth) for one in found] == [96, 96, 64]
    error = _error(found[0].depth, posed_pairs.depths(pairs)[0])[found[0].checked]
    assert np.median(error) < 0.01


def test_fewer_planes_lie_around_what_the_coarse_pass_found(pairs, solved, monkeypatch):
    counted = []

    def cost_volume(reference, neighbours, factors, tick):
        counted.append((reference.count, len(factors)))
        return sweep.cost_volume(reference, neighbours, factors, tick)

    monkeypatch.setattr(dense, "cost_volume", cost_volume)
    again = _solve(pairs)
    np.testing.assert_array_equal(again[0].depth, solved[0].depth)
    fine = [number for count, number in counted if count == 96]
    counted.clear()
    monkeypatch.setattr(planes, "narrowed", lambda k, view, *_: planes.widest(view))
    _solve(pairs)
    wide = [number for count, number in counted if count == 96]
    assert len(fine) == len(wide) == 2
    assert sum(fine) < 0.7 * sum(wide)


def test_a_wrong_pose_checks_less(pairs):
    focal = posed_pairs.focal_sides(pairs)
    common = (
        (focal, focal),
        [posed_pairs.bent(depth) for depth in posed_pairs.depths(pairs)],
        [posed_pairs.sparse(depth) for depth in posed_pairs.depths(pairs)],
    )
    first, second = posed_pairs.poses(pairs)
    wrong = Pose(second.R, np.roll(second.t, 1))
    right_share = checked_share(posed_pairs.shots(pairs), (first, second), *common, device=CPU)
    wrong_share = checked_share(posed_pairs.shots(pairs), (first, wrong), *common, device=CPU)
    assert right_share > 1.5 * wrong_share


def test_steps_grow_and_what_they_raise_ends_the_run(pairs):
    seen = []
    _solve(pairs, on_step=lambda done, total: seen.append((done, total)))
    assert len(seen) > 5
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1]

    def stop(done, total):
        if done > 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        _solve(pairs, on_step=stop)


def test_blank_photos_keep_the_prior_or_let_it_recede(pairs):
    blank = [replace(s, picture=np.full_like(s.picture, 90)) for s in posed_pairs.shots(pairs)]
    for one in _solve(pairs, given={"shots": blank}):
        assert not one.checked.any()
        change = one.depth / smoothed(one.prior)
        assert np.median(change) == pytest.approx(1, rel=1e-5) and change.min() > 0.98


def test_lists_of_different_photos_are_refused(pairs):
    with pytest.raises(ValueError, match="same two or more photos"):
        _solve(pairs, given={"focals_sides": (1.0, 1.0)}, count=(96, 96, 96))
    with pytest.raises(ValueError, match="at least one other photo"):
        _solve(pairs, neighbours=[[0], [0]])


@pytest.mark.gpu
def test_cuda_finds_the_same(pairs, solved):
    found = _solve(pairs, device=torch.device("cuda"))
    for here, there in zip(solved, found, strict=True):
        assert (here.checked == there.checked).mean() > 0.99
        assert (_error(here.depth, there.depth) < 1e-3).mean() > 0.99

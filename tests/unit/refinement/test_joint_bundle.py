"""The bundle over all photos: derivatives against differences, and what it finds."""

from dataclasses import replace

import numpy as np
import pytest

from splat_widgets.refinement import joint_bundle
from splat_widgets.refinement.joint_bundle import NOISE, Cameras, Lenses, bundle, rotations
from splat_widgets.refinement.tracks import join
from splat_widgets.refinement.triangulation import nearest_points
from tests.photo_sets import PX, aside_deg, make_set, turn_deg


def cameras_of(photos, *, free=True, principal=(0.0, 0.0), number_of_lenses=1):
    """True cameras; photos take turns in lenses."""
    P = len(photos.shots)
    lenses = Lenses(
        log_focal=np.log(photos.focals_sides[:number_of_lenses]),
        principal=np.tile(principal, (number_of_lenses, 1)),
        log_focal_prior=np.log(photos.focals_sides[:number_of_lenses]),
        focal_free=np.full(number_of_lenses, free),
        principal_free=np.full(number_of_lenses, free),
    )
    R, t = (np.stack([getattr(pose, name) for pose in photos.poses]) for name in "Rt")
    return Cameras(R, t, np.arange(P) % number_of_lenses, lenses, np.arange(P) == 0)


def test_derivatives_are_those_of_differences():
    photos = make_set(4, focal=[1.1, 1.3, 1.1, 1.3], num_points=40, outliers=0)
    tracks = join(photos.matches)
    cameras = cameras_of(photos, number_of_lenses=2, principal=(0.01, -0.02))
    rng = np.random.default_rng(1)
    points = nearest_points(tracks, cameras) + rng.normal(size=(len(tracks), 3)) * 0.02
    seen = joint_bundle._project(cameras, tracks, points)
    ones = np.ones(len(tracks.photo))
    inner, by_point = joint_bundle._derivatives(tracks, cameras, seen, ones)
    every = np.arange(6 * 4 + 3 * 2)
    for photo in range(4):
        mine, step = tracks.photo == photo, 1e-6
        lens = 6 * 4 + 3 * cameras.lens[photo]
        for column, unknown in enumerate(
            [*range(6 * photo, 6 * photo + 6), *range(lens, lens + 3)]
        ):
            shifted = joint_bundle._moved(cameras, every, step * (every == unknown))
            there = joint_bundle._project(shifted, tracks, points)
            expected = (there.residual - seen.residual)[mine] / step
            np.testing.assert_allclose(inner[mine, :, column], expected, atol=2e-5)
    for axis in range(3):
        moved = points + 1e-6 * np.eye(3)[axis]
        expected = (joint_bundle._project(cameras, tracks, moved).residual - seen.residual) / 1e-6
        np.testing.assert_allclose(by_point[:, :, axis], expected, atol=2e-5)


def test_a_step_is_that_of_the_whole_system():
    photos = make_set(3, num_points=30, outliers=0)
    tracks = join(photos.matches)
    cameras = cameras_of(photos)
    points = nearest_points(tracks, cameras) + 0.01
    seen = joint_bundle._project(cameras, tracks, points)
    system = joint_bundle._System.of(tracks, cameras, seen)
    D, N, damping = len(system.g), len(tracks), 1e-3
    whole = np.zeros((D + 3 * N,) * 2)
    whole[:D, :D] = system.H + np.diag(damping * np.diag(system.H) + 1e-9)
    whole[:D, D:] = system.W.reshape(D, -1)
    whole[D:, :D] = whole[:D, D:].T
    for point in range(N):
        at = slice(D + 3 * point, D + 3 * point + 3)
        whole[at, at] = system.V[point] * (1 + damping * np.eye(3)) + 1e-9 * np.eye(3)
    expected = -np.linalg.solve(whole, np.concatenate([system.g, system.h.ravel()]))
    step, point_step = system.solved(damping)
    np.testing.assert_allclose(step, expected[:D], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(point_step.ravel(), expected[D:], rtol=1e-5, atol=1e-6)


def test_cameras_are_found_among_outliers():
    photos = make_set(5, focal=1.2, principal=(0.02, -0.03), num_points=800, noise=0.2 * PX)
    tracks = join(photos.matches)
    truth = cameras_of(photos, principal=(0.02, -0.03))
    rng = np.random.default_rng(2)
    moving = ~truth.fixed[:, None]
    begun = replace(
        truth,
        R=rotations(rng.normal(size=(5, 3)) * 0.02 * moving) @ truth.R,
        t=truth.t + rng.normal(size=(5, 3)) * 0.05 * moving,
        lenses=replace(truth.lenses, log_focal=np.log([1.1]), principal=np.zeros((1, 2))),
    )
    found, points = bundle(tracks, begun, nearest_points(tracks, begun))
    assert np.exp(found.lenses.log_focal[0]) == pytest.approx(1.2, rel=0.005)
    np.testing.assert_allclose(found.lenses.principal[0], (0.02, -0.03), atol=0.01)
    for photo in range(1, 5):
        assert turn_deg(found.R[photo], truth.R[photo]) < 0.3
        assert aside_deg(found.t[photo], truth.t[photo]) < 0.6
    errors = found.errors(tracks, points)
    assert np.median(errors) < NOISE
    np.testing.assert_array_equal(found.R[0], truth.R[0])


def test_what_is_known_stays():
    photos = make_set(4)
    tracks = join(photos.matches)
    truth = cameras_of(photos, free=False)
    t = truth.t.copy()
    t[2] += 0.1
    begun = replace(truth, fixed=np.array([True, True, False, True]), t=t)
    found, _ = bundle(tracks, begun, nearest_points(tracks, begun))
    np.testing.assert_array_equal(found.R[[0, 1, 3]], begun.R[[0, 1, 3]])
    np.testing.assert_array_equal(found.t[[0, 1, 3]], begun.t[[0, 1, 3]])
    np.testing.assert_array_equal(found.lenses.log_focal, truth.lenses.log_focal)
    np.testing.assert_array_equal(found.lenses.principal, truth.lenses.principal)
    assert np.linalg.norm(found.t[2] - begun.t[2]) > 0.01


def test_rotations_by_their_exponential():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([rng.normal(size=(5, 3)), np.zeros((1, 3)), [[1e-9, 0, 0]]])
    for vector, R in zip(vectors, rotations(vectors), strict=True):
        x, y, z = vector
        K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        term, total = np.eye(3), np.eye(3)
        for k in range(1, 40):
            term = term @ K / k
            total = total + term
        np.testing.assert_allclose(R, total, atol=1e-12)

"""Exposures of photos of one wall, against those that the photos were changed by."""

from dataclasses import replace

import numpy as np
import pytest

from splat_widgets.photos.exposure import UNCHANGED, Exposure, adapted
from splat_widgets.refinement.exposure import exposures
from splat_widgets.refinement.overlap import surfaces
from splat_widgets.refinement.records import DenseDepth, Pose, Shot, Window

N = 48
WINDOW = Window(-0.5, -0.5, 1.0)


HALF = Exposure((0.5,) * 3)


def seen(given, *, checked=True, noise=0.0, colours=(0.2, 0.6)):
    """Photos of one wall, each shifted by 4 pixels from the one before, under their exposures."""
    random = np.random.default_rng(1)
    wall = random.uniform(*colours, (N, N + 4 * len(given), 3))
    depth = np.full((N, N), 2.0)
    denses, poses, pictures = [], [], []
    for number, exposure in enumerate(given):
        mask = np.full((N, N), checked)
        denses.append(DenseDepth(depth, mask, np.zeros((N, N), np.float32), depth))
        poses.append(Pose(np.eye(3), np.array([-4 * number / N * 2.0, 0, 0])))
        part = wall[:, 4 * number : 4 * number + N].astype(np.float32)
        part = adapted(part, exposure) + random.normal(size=part.shape) * noise
        pictures.append(np.clip(part, 0, 1).astype(np.float32))
    shots = [Shot(np.zeros((N, N, 3), np.uint8), WINDOW, (N / 2, N / 2))] * len(given)
    return surfaces(denses, shots, poses, [1.0] * len(given)), denses, pictures


def factors_of(found):
    """(P, 3)."""
    return np.array([one.factors for one in found])


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_darkened_photos_are_told_their_factors(noise):
    given = np.array([(1.0,) * 3, (0.5, 0.6, 0.7), (1.4, 1.3, 1.2)])
    found = exposures(*seen([Exposure(tuple(one)) for one in given], noise=noise))
    tolerance = 0.002 if noise == 0 else 0.02
    middle = np.median(given, axis=0) * np.ones((3, 1))
    np.testing.assert_allclose(factors_of(found) * given, middle, rtol=tolerance)
    assert [one.contrast for one in found] == pytest.approx([1] * 3, abs=tolerance)


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_contrasts_are_evened_out(noise):
    given = [Exposure((1.0, 0.9, 0.8), 0.8), UNCHANGED, Exposure((0.7,) * 3, 1.25)]
    shown = seen(given, noise=noise, colours=(0.2, 0.8))
    found = exposures(*shown)
    tolerance = 0.005 if noise == 0 else 0.03
    told = [one.contrast * own.contrast for one, own in zip(found, given, strict=True)]
    assert told == pytest.approx([1] * 3, rel=tolerance)
    # The wall's parts that all photos show.
    parts = [slice(8 - 4 * k, N - 4 * k) for k in range(3)]
    walls = [
        adapted(picture[:, part], one)
        for picture, part, one in zip(shown[2], parts, found, strict=True)
    ]
    noises = 3 * noise + 2e-3
    for wall in (walls[0], walls[2]):
        assert np.abs(np.median(wall - walls[1], axis=(0, 1))).max() < noises / 3
        assert np.percentile(np.abs(wall - walls[1]), 90) < noises


def test_a_photo_whose_contrast_nobody_tells_stays_and_moves_no_other():
    shown, denses, pictures = seen(
        [Exposure(contrast=0.75), UNCHANGED, UNCHANGED, UNCHANGED], colours=(0.2, 0.8)
    )
    pictures[3] = 0.5 + 0.05 * (pictures[3] - 0.5)
    found = exposures(shown, denses, pictures)
    assert [one.contrast for one in found] == pytest.approx([1 / 0.75, 1, 1, 1], rel=0.01)


def test_pictures_that_do_not_go_together_tell_no_contrast():
    shown, denses, pictures = seen([UNCHANGED, UNCHANGED])
    random = np.random.default_rng(2)
    pictures[1] = random.uniform(0.3, 0.5, pictures[1].shape).astype(np.float32)
    assert [one.contrast for one in exposures(shown, denses, pictures)] == [1, 1]


def test_a_plain_wall_tells_no_contrast():
    found = exposures(*seen([UNCHANGED, HALF], noise=0.03, colours=(0.49, 0.51)))
    assert [one.contrast for one in found] == [1, 1]
    np.testing.assert_allclose(np.divide(*factors_of(found)), 0.5, rtol=0.02)


def test_equal_photos_stay_as_they_are():
    assert exposures(*seen([UNCHANGED] * 3, noise=0.02)) == (UNCHANGED,) * 3


def test_without_agreement_nothing_is_changed():
    assert exposures(*seen([UNCHANGED, HALF], checked=False)) == (UNCHANGED,) * 2


def test_a_change_is_bounded():
    found = exposures(*seen([UNCHANGED, UNCHANGED, Exposure((0.1,) * 3)]))
    assert found[:2] == (UNCHANGED,) * 2 and found[2].factors == pytest.approx((4.0,) * 3)
    found = exposures(*seen([UNCHANGED, UNCHANGED, Exposure(contrast=0.4)], colours=(0.2, 0.9)))
    assert found[:2] == (UNCHANGED,) * 2 and found[2].contrast == pytest.approx(1.5)


def test_two_photos_meet_halfway():
    found = exposures(*seen([UNCHANGED, HALF]))
    np.testing.assert_allclose(factors_of(found).T, [[0.5**0.5, 2**0.5]] * 3, rtol=0.002)


@pytest.mark.parametrize("log", [0.05, 0.079])
def test_a_difference_that_counts_is_evened_out_whole(log):
    found = factors_of(exposures(*seen([UNCHANGED, Exposure((float(np.exp(-log)),) * 3)])))
    np.testing.assert_allclose(found[1] / found[0], np.exp(log), rtol=0.002)


def test_groups_without_shared_surfaces_have_medians_of_their_own():
    one = seen([UNCHANGED, UNCHANGED, Exposure((0.25,) * 3)])
    other = seen([UNCHANGED, HALF])
    back = np.eye(4)
    back[0, 3] = -1e3  # its wall stands far from the other one
    apart = [
        replace(
            surface,
            points=surface.points + np.float32([1e3, 0, 0]),
            projection=(surface.projection @ back).astype(np.float32),
        )
        for surface in other[0]
    ]
    found = exposures((*one[0], *apart), one[1] + other[1], one[2] + other[2])
    assert found[:2] == (UNCHANGED,) * 2 and found[2].factors == pytest.approx((4.0,) * 3, rel=0.01)
    np.testing.assert_allclose(factors_of(found[3:]).T, [[0.5**0.5, 2**0.5]] * 3, rtol=0.002)


def test_their_order_changes_nothing():
    given = [
        UNCHANGED,
        Exposure((0.5, 0.6, 0.7)),
        Exposure((1.4, 1.3, 1.2), 0.8),
        Exposure((0.8,) * 3, 1.2),
    ]
    shown, denses, pictures = seen(given)
    found = exposures(shown, denses, pictures)
    again = exposures(shown[::-1], denses[::-1], pictures[::-1])[::-1]
    np.testing.assert_allclose(factors_of(again), factors_of(found), rtol=1e-9)
    assert [one.contrast for one in again] == pytest.approx([one.contrast for one in found])

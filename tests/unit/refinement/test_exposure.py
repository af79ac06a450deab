"""Factors on photos of one wall, against those that the photos were darkened by."""

from dataclasses import replace

import numpy as np
import pytest

from splat_widgets.photos.exposure import UNCHANGED, adapted
from splat_widgets.refinement.exposure import exposures
from splat_widgets.refinement.overlap import surfaces
from splat_widgets.refinement.records import DenseDepth, Pose, Shot, Window

N = 48
WINDOW = Window(-0.5, -0.5, 1.0)


def seen(factors, *, checked=True, noise=0.0):
    """Photos of one wall, each shifted by 4 pixels from the one before, under their factors."""
    random = np.random.default_rng(1)
    wall = random.uniform(0.2, 0.6, (N, N + 4 * len(factors), 3))
    depth = np.full((N, N), 2.0)
    denses, poses, colours = [], [], []
    for number, factor in enumerate(factors):
        mask = np.full((N, N), checked)
        denses.append(DenseDepth(depth, mask, np.zeros((N, N), np.float32), depth))
        poses.append(Pose(np.eye(3), np.array([-4 * number / N * 2.0, 0, 0])))
        part = wall[:, 4 * number : 4 * number + N].astype(np.float32)
        part = adapted(part, factor) + random.normal(size=part.shape) * noise
        colours.append(np.clip(part, 0, 1).astype(np.float32))
    shots = [Shot(np.zeros((N, N, 3), np.uint8), WINDOW, (N / 2, N / 2))] * len(factors)
    return surfaces(denses, shots, poses, [1.0] * len(factors)), denses, colours


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_darkened_photos_are_told_their_factors(noise):
    given = [UNCHANGED, (0.5, 0.6, 0.7), (1.4, 1.3, 1.2)]
    found = np.array(exposures(*seen(given, noise=noise))) * given
    tolerance = 0.002 if noise == 0 else 0.02
    np.testing.assert_allclose(found, np.median(given, axis=0) * np.ones((3, 1)), rtol=tolerance)


def test_equal_photos_stay_as_they_are():
    assert exposures(*seen([UNCHANGED] * 3, noise=0.02)) == (UNCHANGED,) * 3


def test_without_agreement_nothing_is_changed():
    assert exposures(*seen([UNCHANGED, (0.5,) * 3], checked=False)) == (UNCHANGED,) * 2


def test_a_factor_is_bounded():
    found = exposures(*seen([(1.0,) * 3, (1.0,) * 3, (0.1,) * 3]))
    assert found == (UNCHANGED, UNCHANGED, pytest.approx((4.0,) * 3))


def test_two_photos_meet_halfway():
    found = exposures(*seen([UNCHANGED, (0.5,) * 3]))
    np.testing.assert_allclose(np.array(found).T, [[0.5**0.5, 2**0.5]] * 3, rtol=0.002)


@pytest.mark.parametrize("log", [0.05, 0.079])
def test_a_difference_that_counts_is_evened_out_whole(log):
    found = exposures(*seen([UNCHANGED, (float(np.exp(-log)),) * 3]))
    np.testing.assert_allclose(np.array(found[1]) / found[0], np.exp(log), rtol=0.002)


def test_groups_without_shared_surfaces_have_medians_of_their_own():
    one = seen([UNCHANGED, UNCHANGED, (0.25,) * 3])
    other = seen([UNCHANGED, (0.5,) * 3])
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
    assert found[:2] == (UNCHANGED,) * 2 and found[2] == pytest.approx((4.0,) * 3, rel=0.01)
    np.testing.assert_allclose(np.array(found[3:]).T, [[0.5**0.5, 2**0.5]] * 3, rtol=0.002)


def test_their_order_changes_nothing():
    given = [UNCHANGED, (0.5, 0.6, 0.7), (1.4, 1.3, 1.2), (0.8,) * 3]
    shown, denses, colours = seen(given)
    found = exposures(shown, denses, colours)
    again = exposures(shown[::-1], denses[::-1], colours[::-1])
    np.testing.assert_allclose(again[::-1], found, rtol=1e-9)

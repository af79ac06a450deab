"""Colours under another exposure, against Pillow's own conversion and by hand."""

import numpy as np
import pytest

from splat_widgets.photos.exposure import UNCHANGED, Exposure, adapted, to_display, to_linear


def test_the_curve_is_srgb() -> None:
    # IEC 61966-2-1: the linear part's end, and mid grey of 18 % light.
    known = {0.0: 0.0, 0.04045: 0.0031308, 0.5: 0.21404114, 1.0: 1.0}
    np.testing.assert_allclose(to_linear(np.array([*known])), [*known.values()], atol=2e-7)
    every = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(to_display(to_linear(every)), every, atol=1e-6)


def test_twice_the_light_and_back() -> None:
    colours = np.random.default_rng(0).uniform(0.05, 0.6, (7, 3)).astype(np.float32)
    brighter = adapted(colours, Exposure((2.0, 1.0, 0.5)))
    assert brighter.dtype == np.float32
    np.testing.assert_allclose(to_linear(brighter)[:, 0], 2 * to_linear(colours)[:, 0], rtol=1e-4)
    np.testing.assert_allclose(brighter[:, 1], colours[:, 1], atol=1e-6)
    np.testing.assert_allclose(adapted(brighter, Exposure((0.5, 1.0, 2.0))), colours, atol=1e-5)


def test_nothing_leaves_the_range_and_one_changes_nothing() -> None:
    colours = np.array([[0.0, 0.9, 1.0]])
    assert adapted(colours, UNCHANGED) is colours
    assert adapted(colours, Exposure((4.0, 4.0, 4.0))).max() == pytest.approx(1)


def test_contrast_spreads_light_around_mid_grey() -> None:
    colours = to_display(np.array([[0.0, 0.045, 0.09], [0.18, 0.36, 0.45]]))
    steeper = to_linear(adapted(colours, Exposure(contrast=1.25)))
    assert steeper[0, 0] == 0 and steeper[1, 0] == pytest.approx(0.18)
    stops = np.log2(steeper.ravel()[1:] / 0.18)
    np.testing.assert_allclose(stops, [-2.5, -1.25, 0, 1.25, 1.25 * np.log2(2.5)], atol=1e-5)
    both = to_linear(adapted(colours, Exposure((2.0, 2.0, 2.0), 1.25)))
    np.testing.assert_allclose(both[0], 2 * steeper[0], atol=1e-9)


def test_less_contrast_draws_no_noise_out_of_the_dark() -> None:
    light = np.array([[0.0001, 0.001, 0.005]])
    gain = to_linear(adapted(to_display(light), Exposure(contrast=0.67))) / light
    np.testing.assert_allclose(gain, (0.005 / 0.18) ** -0.33, rtol=1e-3)

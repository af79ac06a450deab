import numpy as np
import pytest

from splat_widgets.refinement.correction import corrected_prior, resampled, sampled
from splat_widgets.refinement.records import SparseDepths, Window

WINDOW = Window(-0.4, -0.3, 0.8)


def _prior(size: int = 32) -> np.ndarray:
    return (
        np.exp(np.random.default_rng(0).normal(0, 0.2, (4, 4)))
        .repeat(8, 0)
        .repeat(8, 1)[:size, :size]
    )


def _field(sides: np.ndarray) -> np.ndarray:
    x, y = WINDOW.to_pixels(sides, 1).T - 0.5
    return 0.4 + 0.3 * x - 0.2 * y


def test_a_tilted_and_scaled_prior_is_set_right_in_spite_of_outliers():
    prior = np.full((32, 32), 2.0)
    rng = np.random.default_rng(1)
    sides = WINDOW.centres(32).reshape(-1, 2)[rng.choice(1024, 400, replace=False)]
    depths = 2 * np.exp(_field(sides))
    depths[:60] *= np.exp(rng.normal(0, 1, 60))
    found = corrected_prior(prior, WINDOW, SparseDepths(sides, depths), 64)
    truth = 2 * np.exp(_field(WINDOW.centres(64).reshape(-1, 2))).reshape(64, 64)
    assert np.abs(np.log(found.depth / truth)).max() < 0.03  # the ridge keeps a little of the tilt
    assert np.median(np.abs(np.log(found.ratios))) < 0.01
    assert found.ratios.shape == (400,)


def test_matches_outside_the_window_and_behind_the_camera_do_not_count():
    sides = np.array([[5.0, 5.0], [0.0, 0.0]]).repeat(10, 0)
    depths = np.array([9.0, -1.0]).repeat(10)
    found = corrected_prior(_prior(), WINDOW, SparseDepths(sides, depths), 32)
    np.testing.assert_allclose(found.depth, _prior())
    assert len(found.ratios) == 0


def test_resampling_keeps_a_linear_map():
    ramp = Window(0, 0, 1).centres(32)[..., 0]
    for count in (8, 32, 64):
        expected = Window(0, 0, 1).centres(count)[..., 0]
        inner = slice(count // 8, -count // 8)
        found = resampled(ramp, count)
        np.testing.assert_allclose(found[:, inner], expected[:, inner], atol=1e-6)


def test_sampling_is_linear_between_pixel_centres():
    values = np.arange(12.0).reshape(3, 4)
    places = np.array([[0.5, 0.5], [1.0, 0.5], [3.5, 2.5], [0.5, 1.0]])
    assert sampled(values, places) == pytest.approx([0, 0.5, 11, 2])

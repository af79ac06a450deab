import numpy as np
import pytest

from splat_widgets.refinement.fill import _solved, smoothed


def test_lines_are_solved_as_a_dense_system():
    rng = np.random.default_rng(0)
    coupling = rng.uniform(0, 5, (6, 3))
    fields = rng.normal(size=(2, 7, 3))
    found = _solved(fields, coupling)
    for column in range(3):
        A = np.eye(7)
        for k, weight in enumerate(coupling[:, column]):
            A[k : k + 2, k : k + 2] += weight * np.array([[1, -1], [-1, 1]])
        expected = np.linalg.solve(A, fields[:, :, column].T).T
        np.testing.assert_allclose(found[:, :, column], expected)


def test_values_spread_over_a_region_and_stop_at_its_edge():
    guide = np.zeros((40, 40))
    guide[:, 20:] = 120
    values, weights = np.zeros((40, 40)), np.zeros((40, 40))
    values[5, 5], weights[5, 5] = 1.0, 1.0
    values[30, 30], weights[30, 30] = -2.0, 1.0
    filled, reached = smoothed(values, weights, guide)
    np.testing.assert_allclose(filled[:, :20], 1.0, atol=0.02)
    np.testing.assert_allclose(filled[:, 20:], -2.0, atol=0.02)
    assert (reached > 1e-4).all()


def test_a_constant_stays_and_trust_weighs():
    values = np.full((20, 20), 0.7)
    filled, _ = smoothed(values, np.ones((20, 20)), np.zeros((20, 20)))
    np.testing.assert_allclose(filled, 0.7)
    weights = np.zeros((20, 20))
    values[10, 9], values[10, 11] = 0.0, 1.0
    weights[10, 9], weights[10, 11] = 3.0, 1.0
    filled, _ = smoothed(values, weights, np.zeros((20, 20)), strength=1e6)
    assert filled.mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("n", [64, 256])
def test_a_slope_goes_on_a_little_way(n):
    """On a grid of any size, in pixels."""
    y, x = np.mgrid[:n, :n] / 64
    plane = 0.3 + 0.8 * x - 0.5 * y
    half = n // 2
    known = np.arange(n) < half
    weights = np.broadcast_to(known, (n, n)).astype(float)
    filled, _ = smoothed(np.where(known, plane, 7.0), weights, np.zeros((n, n)))
    beyond = slice(8, -8), slice(half + 4, half + 12)
    flat = plane[:, half - 1, None]
    assert np.abs(filled - plane)[beyond].mean() < 0.75 * np.abs(flat - plane)[beyond].mean()
    assert np.abs(filled - plane)[:, -1].min() > 0.1, "far from what is known it is not trusted"


def test_no_slope_leads_far_beyond_the_values_around():
    rng = np.random.default_rng(0)
    x = np.mgrid[:128, :128][1]
    step = np.where(x < 60, 0.0, 1.2) + 0.02 * rng.normal(size=x.shape)
    known = (x > 50) & (x < 70)  # a step right before the end of what is known
    filled, _ = smoothed(step, known.astype(float), np.zeros(x.shape))
    assert step[known].min() - 0.5 < filled.min() and filled.max() < step[known].max() + 0.5

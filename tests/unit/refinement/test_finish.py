import numpy as np

from splat_widgets.refinement.finish import smoothed

ROW, COL = np.mgrid[:24, :24].astype(float)


def test_neighbours_of_a_noisy_surface_have_depths_of_their_own():
    noise = np.random.default_rng(0).normal(0, 2e-3, ROW.shape)
    depth = 2 + 0.002 * ROW + 0.004 * COL + noise
    found = smoothed(depth)
    inner = (slice(3, -3), slice(3, -3))
    assert len(np.unique(found[inner])) == found[inner].size  # a median alone gives many twice
    assert np.abs(found - depth + noise)[inner].max() < np.abs(noise).max()


def test_an_edge_stays_and_what_stands_alone_goes():
    depth = np.where(COL < 12, 1.0, 3.0)
    speck = depth.copy()
    speck[5, 4] = 0.3
    np.testing.assert_allclose(smoothed(speck), depth, rtol=1e-5)

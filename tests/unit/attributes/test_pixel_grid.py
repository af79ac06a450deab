"""Grid stretch and isolation: planes, jumps, floaters, and a slow twin."""

from __future__ import annotations

import numpy as np
import pytest

from splat_widgets.attributes import values
from splat_widgets.attributes.pixel_grid import local_median, ratios, stretch_and_isolation


def plane(height=40, width=50, slant=(0.0, 0.0), focal=60.0):
    """(H, W, 3) points of a plane z = 2 + a x + b y seen by a pinhole camera."""
    y, x = np.mgrid[:height, :width] + 0.5
    x, y = (x - width / 2) / focal, (y - height / 2) / focal
    z = 2 / (1 - slant[0] * x - slant[1] * y)
    return np.stack([x * z, y * z, z], -1).astype(np.float32)


@pytest.mark.parametrize("slant", [(0, 0), (1.0, 0), (0.5, -0.7)])
def test_a_plane_is_not_stretched_however_it_lies(slant):
    stretch, isolation = stretch_and_isolation(plane(slant=slant))
    # A pixel of a slanted plane is farther apart at its far end; within nine pixels that is little.
    assert np.abs(stretch - 1).max() < 0.35
    assert np.abs(isolation - 1).max() < 0.35


def test_scale_of_the_scene_does_not_matter():
    for factor in (1e-6, 1e6):
        stretch, isolation = stretch_and_isolation(plane() * np.float32(factor))
        np.testing.assert_allclose(stretch, 1, rtol=1e-3)
        np.testing.assert_allclose(isolation, 1, rtol=1e-3)


def test_a_clean_jump_stretches_both_sides_and_isolates_nobody():
    points = plane()
    points[:, 25:] *= 2
    stretch, isolation = stretch_and_isolation(points)
    columns = np.flatnonzero((stretch > 5).all(0))
    np.testing.assert_array_equal(columns, [24, 25])
    assert (np.delete(stretch, columns, 1) < 2.1).all()
    assert isolation.max() < 2.1


@pytest.mark.parametrize("width", [1, 3])
def test_a_bridge_over_a_jump_is_isolated(width):
    points = plane(width=60)
    points[:, 30:] *= 2
    for step in range(width):
        points[:, 30 + step] *= (0.5 + 0.5 * (step + 1) / (width + 1)) / 1
    _, isolation = stretch_and_isolation(points)
    columns = np.flatnonzero((isolation > 4).all(0))
    np.testing.assert_array_equal(columns, np.arange(30, 30 + width))


def test_a_single_floater_is_found():
    points = plane()
    points[12, 17] *= 0.6
    stretch, isolation = stretch_and_isolation(points)
    assert np.unravel_index(isolation.argmax(), isolation.shape) == (12, 17)
    assert (isolation > 2).sum() == 1
    assert set(zip(*np.nonzero(stretch > 2), strict=True)) == {
        (12, 17),
        (11, 17),
        (13, 17),
        (12, 16),
        (12, 18),
    }


def test_the_slow_twin_agrees():
    rng = np.random.default_rng(0)
    points = plane(17, 14) + rng.normal(0, 0.01, (17, 14, 3)).astype(np.float32)
    stretch, isolation = stretch_and_isolation(points)
    down, across = ratios(points, 0), ratios(points, 1)
    for row in range(17):
        for col in range(14):
            axes = (
                [down[r, col] for r in (row - 1, row) if 0 <= r < 16],
                [across[row, c] for c in (col - 1, col) if 0 <= c < 13],
            )
            assert stretch[row, col] == max(map(max, axes))
            assert isolation[row, col] == max(map(min, axes))


def test_local_median_is_of_every_second_pixel_of_nine():
    values = np.random.default_rng(1).random((23, 18)).astype(np.float32)
    found = local_median(values)
    for row, col in [(4, 4), (10, 9), (15, 12), (18, 13)]:
        window = values[row - 4 : row + 5 : 2, col - 4 : col + 5 : 2]
        assert window.shape == (5, 5)
        assert found[row, col] == np.median(window)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2), (3, 4)])
def test_small_grids_work(shape):
    stretch, isolation = stretch_and_isolation(plane(*shape))
    assert stretch.shape == isolation.shape == shape
    if max(shape) > 1:
        np.testing.assert_allclose(stretch, 1, rtol=1e-3)


def test_what_is_not_finite_is_nan_and_marks_its_neighbours():
    points = plane()
    points[5, 5] = np.nan
    stretch, isolation = stretch_and_isolation(points)
    assert np.isnan(stretch[5, 5])
    assert np.isnan(isolation[5, 5])
    assert np.isfinite(np.delete(isolation.ravel(), 5 * 50 + 5)).all()
    assert stretch[20, 20] == pytest.approx(1, rel=1e-3)


def test_coincident_points_are_not_stretched():
    stretch, _ = stretch_and_isolation(np.ones((12, 12, 3), np.float32))
    assert (stretch == 0).all()


def test_the_attribute_reads_the_grid_at_each_pixel(scene):
    expected = [stretch_and_isolation(maps.means.numpy()) for maps in scene.maps]
    for place, name in enumerate(("grid_stretch", "grid_isolation")):
        found = values(scene, name)
        flat = np.concatenate([pair[place].ravel() for pair in expected])
        np.testing.assert_array_equal(found, flat)

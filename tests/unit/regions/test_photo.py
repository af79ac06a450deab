"""Regions on the photos."""

import numpy as np
import pytest
import torch

from splat_widgets import regions

STAR = [(2.0, 3.0), (17.0, 3.5), (5.0, 16.0), (9.5, 0.5), (14.0, 17.0)]  # crosses itself


def test_polygon_on_a_photo_takes_pixel_centres_of_that_photo(scene, side) -> None:
    part = scene.select(torch.randperm(800)[:600])
    mask = regions.in_photo(part, 1, [(2, 3), (6, 3), (6, 8.5), (2, 8.5)])
    # Centres at 2.5 ... 5.5 and 3.5 ... 7.5; that at 8.5 lies on the border, which counts once.
    expected = (part.view == 1) & (part.col >= 2) & (part.col < 6) & (part.row >= 3)
    expected &= part.row <= 7
    assert np.array_equal(mask, expected.numpy()) and mask.any()


def test_growing_follows_the_pixel_grid_within_a_photo(scene, side) -> None:
    mask = np.zeros(800, bool)
    start = side * side + 5 * side + 0  # second photo, row 5, column 0
    mask[start] = True
    grown = np.flatnonzero(regions.grow(scene, mask)) - side * side
    assert grown.tolist() == [4 * side, 5 * side, 5 * side + 1, 6 * side]
    twice = regions.grow(scene, mask, 2)
    rows, cols = scene.row.numpy(), scene.col.numpy()
    near = (scene.view.numpy() == 1) & (abs(rows - 5) + cols <= 2)
    assert np.array_equal(twice, near)
    assert np.array_equal(regions.grow(scene, mask, 0), mask)
    gap = scene.select(np.arange(800) != start + 1)  # a pixel without a Gaussian stops it
    grown = regions.grow(gap, np.delete(mask, start + 1), 2)
    assert not grown[np.flatnonzero((gap.view == 1) & (gap.row == 5) & (gap.col == 2))].any()


def test_what_needs_photos_says_so(gaussians) -> None:
    for call in (
        lambda: regions.in_photo(gaussians, 0, STAR),
        lambda: regions.grow(gaussians, np.zeros(200, bool)),
    ):
        with pytest.raises(AttributeError, match="Gaussians alone"):
            call()

"""Polygons that cross themselves."""

import numpy as np

from splat_widgets import regions

STAR = [(2.0, 3.0), (17.0, 3.5), (5.0, 16.0), (9.5, 0.5), (14.0, 17.0)]  # crosses itself


def test_a_point_enclosed_twice_is_outside() -> None:
    inside = regions.inside_polygon(np.array([9.0, 9.6]), np.array([7.0, 2.0]), STAR)
    assert inside.tolist() == [False, True]

"""Polygons that cross themselves."""

import itertools

import numpy as np
import pytest

from splat_widgets import regions
from splat_widgets.regions.polygon import along_line

STAR = [(2.0, 3.0), (17.0, 3.5), (5.0, 16.0), (9.5, 0.5), (14.0, 17.0)]  # crosses itself


def test_a_point_enclosed_twice_is_outside() -> None:
    inside = regions.inside_polygon(np.array([9.0, 9.6]), np.array([7.0, 2.0]), STAR)
    assert inside.tolist() == [False, True]


def test_a_stroke_passes_what_is_near_its_line() -> None:
    """Against the distance to many points of the line."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-3, 20, (2, 600))
    x[0] = np.nan
    walk = np.linspace(0, 1, 4001)[:, None]
    corners = np.array(STAR)
    line = np.concatenate([a + walk * (b - a) for a, b in itertools.pairwise(corners)])
    apart = np.hypot(x[:, None] - line[:, 0], y[:, None] - line[:, 1]).min(1)
    near = along_line(x, y, STAR, 1.5)
    clear = np.abs(apart - 1.5) > 1e-3
    np.testing.assert_array_equal(near[1:][clear[1:]], apart[1:][clear[1:]] < 1.5)
    assert not near[0] and near.sum() > 100
    dot = along_line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), [(0, 1)], 1.0)
    assert dot.tolist() == [True, True]  # the border is included


@pytest.mark.parametrize(
    ("points", "radius", "told"),
    [([], 1, "at least one"), ([(0, np.nan)], 1, "finite corners"), (STAR, -1, "at least 0")],
)
def test_strokes_of_nothing_are_refused(points, radius, told) -> None:
    with pytest.raises(ValueError, match=told):
        along_line(np.zeros(1), np.zeros(1), points, radius)

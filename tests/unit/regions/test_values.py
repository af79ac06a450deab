"""Ranges and polygons of attribute values."""

import numpy as np

from splat_widgets import attributes, regions


def test_ranges_compare_in_float32_and_leave_out_nan(scene) -> None:
    values = attributes.values(scene, "confidence")
    exact = float(values[17])
    assert regions.in_range(scene, "confidence", exact, exact)[17]
    above = regions.in_range(scene, "confidence", exact + 1e-12, None)
    assert above[17], "a bound that no float32 tells apart is the same bound"
    nan = attributes.register("gaps", np.where(values > 3, np.nan, values), scene=scene)
    inside = regions.in_range(scene, nan.name)
    assert np.array_equal(inside, values <= 3)


def test_polygon_in_the_plane_of_two_attributes(scene) -> None:
    a, b = (attributes.values(scene, name).astype(float) for name in ("opacity", "confidence"))
    square = [(0.2, 2), (0.8, 2), (0.8, 3), (0.2, 3)]
    plain = regions.in_density(scene, ("opacity", "confidence"), square)
    assert np.array_equal(plain, (a > 0.2) & (a < 0.8) & (b > 2) & (b < 3))
    triangle = [(0.01, 2), (1, 2), (1, 3.5)]
    curved = regions.in_density(scene, ("opacity", "confidence"), triangle, log=(True, False))
    # On a logarithmic axis the long side is a straight line in log10 a.
    below = b < 2 + 1.5 * (np.log10(a) + 2) / 2
    assert np.array_equal(curved, (a > 0.01) & (a < 1) & (b > 2) & below)
    assert not np.array_equal(
        curved, regions.in_density(scene, ("opacity", "confidence"), triangle)
    )

"""Our colormaps against matplotlib's."""

import numpy as np
import pytest

from splat_widgets.attributes.colormaps import colormap, colours

matplotlib = pytest.importorskip("matplotlib")


@pytest.mark.parametrize("name", ["viridis", "cividis", "magma", "coolwarm", "twilight", "gray"])
def test_as_in_matplotlib(name) -> None:
    expected = matplotlib.colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255
    # OpenCV samples the 510 colours of twilight at other places; coolwarm is rounded twice.
    tolerance = {"twilight": 2.1, "coolwarm": 1.0}.get(name, 0.5001)
    assert np.abs(colormap(name) - expected).max() <= tolerance


def test_values_are_cut_to_the_range_and_nan_is_grey() -> None:
    found = colours(np.array([-5, 0, 1, 9, np.nan, np.inf]), "viridis", 0, 1)
    table = colormap("viridis").astype(np.float32) / 255
    np.testing.assert_allclose(found[[0, 1]], table[[0, 0]])
    np.testing.assert_allclose(found[[2, 3, 5]], table[[255, 255, 255]])
    assert found[4].tolist() == [0.5, 0.5, 0.5]


def test_unknown_maps_and_ranges_are_refused() -> None:
    with pytest.raises(ValueError, match=r"viridis.*'jet'"):
        colormap("jet")
    with pytest.raises(ValueError, match="low < high"):
        colours(np.zeros(1), "gray", 1, 1)

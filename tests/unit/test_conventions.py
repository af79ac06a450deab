"""The numbers that everything rests on, against their closed forms."""

from math import pi, sqrt

import numpy as np
import pytest

from splat_widgets import conventions
from splat_widgets.conventions import sh_coefficients, sh_degree


def test_coefficients_and_degree_are_inverse():
    assert [sh_coefficients(degree) for degree in range(4)] == [1, 4, 9, 16]
    assert [sh_degree(count) for count in (1, 4, 9, 16)] == [0, 1, 2, 3]
    for degree in (-1, 4):
        with pytest.raises(ValueError, match=f"from 0 to 3, got {degree}"):
            sh_coefficients(degree)
    with pytest.raises(ValueError, match=r"1, 4, 9 or 16 .* got 2"):
        sh_degree(2)


def test_constants_of_the_real_basis():
    assert conventions.SH_C0 == pytest.approx(sqrt(1 / pi) / 2)
    assert conventions.SH_C1 == pytest.approx(sqrt(3 / (4 * pi)))
    assert np.abs(conventions.SH_C2) == pytest.approx(
        [sqrt(k / pi) / 4 for k in (60, 60, 5, 60, 15)]
    )
    thirds = (35 / 32, 105 / 4, 21 / 32, 7 / 16, 21 / 32, 105 / 16, 35 / 32)
    assert np.abs(conventions.SH_C3) == pytest.approx([sqrt(k / pi) for k in thirds])


def test_three_looks_backwards_with_y_up():
    ours_down_ahead = np.array([0, 1, 1, 1])
    assert (conventions.OPENCV_TO_THREE @ ours_down_ahead).tolist() == [0, -1, -1, 1]

"""What an attribute's values are shown in, and the cameras that formulas ask for."""

import numpy as np
import pytest

from splat_widgets.attributes import Range, get, limits
from splat_widgets.attributes.records import Attribute


@pytest.mark.parametrize(
    ("rule", "log", "expected"),
    [
        (Range("fixed", -1, 2), False, (-1, 2)),
        (Range("all"), False, (-50, 150)),
        (Range("percentile"), False, (-48, 148)),
        (Range("symmetric"), False, (-148, 148)),  # of |x|, though the far end is negative
        (Range("percentile"), True, (2.49, 148.51)),
        (Range("fixed", 0, 2), True, (2.49, 148.51)),
    ],
)
def test_the_range_follows_its_rule(rule, log, expected):
    array = np.arange(-50, 151, dtype=np.float32) * (-1 if rule.rule == "symmetric" else 1)
    array = np.concatenate([array, np.array([np.nan, np.inf, -np.inf], np.float32)])
    attribute = Attribute("a", "A", "", "", "", lambda s: array, range=rule)
    assert limits(attribute, array, log=log) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("rule", ["percentile", "symmetric", "all"])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("array", [[], [np.nan], [0.0, 0.0], [0.2], [3.0], [-2.0, -2.0]])
def test_a_range_is_never_empty(rule, log, array):
    attribute = Attribute("a", "A", "", "", "", lambda s: s, range=Range(rule))
    low, high = limits(attribute, np.array(array, np.float32), log=log)
    assert low < high
    assert not log or low > 0
    assert get("hue").range.high == 360

"""Distances in the viewer: the record of a measurement."""

from __future__ import annotations

import math
from typing import Any

from splat_widgets.viewer.records import Measured


def check_measured(value: Any) -> Measured | None:
    """A measurement from the page.

    Raises:
        ValueError: if it is not two points, their distance and its unit.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(Measured.__annotations__):
        raise ValueError(f"expected None or {sorted(Measured.__annotations__)}, got {value!r}")
    first, second = (tuple(float(v) for v in point) for point in value["points"])
    if len(first) != 3 or len(second) != 3 or not all(map(math.isfinite, (*first, *second))):
        raise ValueError(f"expected two points of three finite numbers, got {value['points']}")
    if value["unit"] not in ("m", "units"):
        raise ValueError(f"expected 'm' or 'units', got {value['unit']!r}")
    return {"points": [first, second], "distance": math.dist(first, second), "unit": value["unit"]}

"""Selections as pure functions: boolean masks over the Gaussians of a scene."""

from splat_widgets.regions.shapes import (
    FLOATER_THRESHOLD,
    at,
    drawn,
    floater_attribute,
    floaters,
    from_text,
    grow,
    in_box,
    in_density,
    in_photo,
    in_polygon,
    in_range,
    in_rectangle,
    in_sphere,
    inside_polygon,
    shown,
)
from splat_widgets.regions.visibility import visible

__all__ = [
    "FLOATER_THRESHOLD",
    "at",
    "drawn",
    "floater_attribute",
    "floaters",
    "from_text",
    "grow",
    "in_box",
    "in_density",
    "in_photo",
    "in_polygon",
    "in_range",
    "in_rectangle",
    "in_sphere",
    "inside_polygon",
    "shown",
    "visible",
]

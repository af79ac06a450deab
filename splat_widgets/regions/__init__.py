"""Selections as pure functions: boolean masks over the Gaussians of a scene.

They do in Python what the tools of `Inspector` do on the page; `inspector.script` calls them.
Combine masks with ``&``, ``|``, ``~``. A Gaussian whose value is not a number lies in no region.
"""

from splat_widgets.regions.drawing import drawn, shown
from splat_widgets.regions.floaters import FLOATER_THRESHOLD, floater_attribute, floaters
from splat_widgets.regions.photo import grow, in_photo
from splat_widgets.regions.polygon import inside_polygon
from splat_widgets.regions.rows import at, from_text
from splat_widgets.regions.shapes import in_box, in_brush, in_polygon, in_rectangle, in_sphere
from splat_widgets.regions.values import in_density, in_range
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
    "in_brush",
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

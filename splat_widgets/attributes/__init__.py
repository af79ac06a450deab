"""Attributes of Gaussians: one number for each, by name, with unit, formula and source.

    from splat_widgets import attributes

    attributes.values(scene, "anisotropy")  # (N,) float32, read-only, kept while the scene lives
    attributes.describe(scene)  # range, percentiles, mean and deviation of each
    attributes.to_dataframe(scene, ["opacity", "depth", "scale_largest"])
    attributes.register("tiny", lambda scene: attributes.values(scene, "scale_largest") < 1e-3)

`scene` is whatever `Scene.of` takes. A scene from photos has more attributes than one from a file:
confidence, offsets, the photo's colour, the pixel grid. `available(scene)` lists what a scene has.
Values are aligned with the Gaussians, also after `select`.

Single spherical harmonics are named ``sh_<degree>_<index>_<r|g|b>``: index runs from 0 to
2 · degree in the order of the file, so the order m of the basis function is index - degree, and the
coefficient is ``sh[:, degree² + index, channel]``. ``sh_0_0_r`` is ``f_dc_0``.
"""

from splat_widgets.attributes.records import Attribute, Range, limits
from splat_widgets.attributes.registry import (
    AttributeLookupError,
    available,
    get,
    register,
    unregister,
)
from splat_widgets.attributes.summary import Description, Statistics, describe
from splat_widgets.attributes.table import (
    AttributeTable,
    exact_values,
    forget,
    images,
    table,
    to_dataframe,
    to_torch,
    values,
)

__all__ = [
    "Attribute",
    "AttributeLookupError",
    "AttributeTable",
    "Description",
    "Range",
    "Statistics",
    "available",
    "describe",
    "exact_values",
    "forget",
    "get",
    "images",
    "limits",
    "register",
    "table",
    "to_dataframe",
    "to_torch",
    "unregister",
    "values",
]

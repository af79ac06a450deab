"""The columns of a 3DGS `.ply`, declared once for reader and writer, and the error of both."""

from __future__ import annotations

from splat_widgets.conventions import sh_coefficients
from splat_widgets.io.errors import FormatError

OPACITY_MARGIN = 1e-6  # logits of 0 and 1 are infinite; 3DGS tools clamp to the same margin
UNSURE = "looked plain when it was read, as it stands in this file:"
KEPT = "attributes kept beside the Gaussians:"
SIGNATURE = "written by splat_widgets"
FIRST_CAMERA = "frame: first camera, OpenCV axes (x right, y down, z forward), metres"
PLACED = "frame: where its user put it (x right, y down, z forward)"
PLACED_METRES = f"{PLACED}, metres"
GIVEN = "frame: the world of the cameras that were given, in its unit of length"
ENCODING = (
    "scale: natural log of the standard deviation; opacity: logit; rot: wxyz",
    "f_dc, f_rest: 3DGS spherical harmonics, f_rest channel-major",
)
MEANS = ("x", "y", "z")
NORMALS = ("nx", "ny", "nz")
SCALES = ("scale_0", "scale_1", "scale_2")
# The groups of columns in the order of `ply_columns`, each with its first column.
_FIRST = {
    "means": "x",
    "normals": "nx",
    "dc": "f_dc_0",
    "rest": "f_rest_0",
    "opacities": "opacity",
    "scales": "scale_0",
    "quaternions": "rot_0",
}


FLAG = "<i1"
"""Type of the columns of our files that hold flags."""


class PlyError(FormatError):
    """A `.ply` that cannot be read, or values that it cannot hold: expected, got."""


def ply_columns(degree: int) -> tuple[str, ...]:
    """Vertex properties of the standard 3DGS `.ply`, in their order, for an SH degree."""
    rest = 3 * (sh_coefficients(degree) - 1)
    return (
        *MEANS,
        *NORMALS,
        *(f"f_dc_{i}" for i in range(3)),
        *(f"f_rest_{i}" for i in range(rest)),
        "opacity",
        *SCALES,
        *(f"rot_{i}" for i in range(4)),
    )


def groups(degree: int) -> dict[str, slice]:
    """Where each group of columns lies in `ply_columns(degree)`."""
    columns = ply_columns(degree)
    names = [group for group, first in _FIRST.items() if first in columns]
    starts = [columns.index(_FIRST[group]) for group in names]
    ends = [*starts[1:], len(columns)]
    return {group: slice(*span) for group, *span in zip(names, starts, ends, strict=True)}

"""glTF 2.0 with `KHR_gaussian_splatting`: a primitive of points, an accessor for each attribute.

As ratified by Khronos: `POSITION`; `KHR_gaussian_splatting:ROTATION` as xyzw, `:SCALE`
as standard deviations, `:OPACITY` in [0, 1] and `:SH_DEGREE_d_COEF_n`, each with red, green and
blue, all float32, so that nothing is rounded; colours are display values (BT.709 sRGB).
`COLOR_0` shows points in viewers that do not know the extension. Comments and whose frame it is
stand in the asset's extras, attributes of a scene are kept as `_NAMES`.

Axes are y up and z towards the viewer: reading and writing turns ours, y down and z forward, half
around x, so that what faced the first camera faces the viewer. (PlayCanvas's exporter turns half
around z: the same scene, seen from behind.)
"""

from splat_widgets.io.gltf.reading import read
from splat_widgets.io.gltf.writing import write
from splat_widgets.io.head import Head

__all__ = ["is_one", "read", "write"]


def is_one(head: Head) -> bool:
    """Whether a file is a `.glb`, or a `.gltf` with Gaussians in it."""
    if head.data.startswith(b"glTF"):
        return True
    return head.data[:64].lstrip().startswith(b"{") and b"KHR_gaussian_splatting" in head.data

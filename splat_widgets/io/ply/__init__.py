"""The `.ply` of 3D Gaussian Splatting (Kerbl et al. 2023), as its viewers and editors read it.

The file has one element `vertex` of binary little-endian float32, with the columns of
`ply_columns`: scales are natural logarithms, opacities are logits, quaternions are wxyz, normals
are zero. Spherical harmonics beyond the first band come channel by channel: all of red, then green,
then blue. Positions stay in the scene's own frame, without any flip; of our own scenes, the file's
comments say whose it is.

Files are untrusted input: the header is compared with the size of the file before anything is
allocated, and every value that is used is checked.
"""

from splat_widgets.io.head import Head
from splat_widgets.io.ply.header import BOM
from splat_widgets.io.ply.layout import PlyError, ply_columns
from splat_widgets.io.ply.parts import Parts
from splat_widgets.io.ply.reading import read
from splat_widgets.io.ply.writing import can_hold, write

__all__ = ["Parts", "PlyError", "can_hold", "is_one", "is_packed", "ply_columns", "read", "write"]


def is_one(head: Head) -> bool:
    """Whether a file is a `.ply`, of Gaussians or of anything else, and not packed."""
    start = head.data.removeprefix(BOM)
    return start[:3].lower() == b"ply" and not is_packed(head)


def is_packed(head: Head) -> bool:
    """Whether a file is a `.ply` whose vertices are SuperSplat's packed ones."""
    start = head.data.removeprefix(BOM)
    words = start[:8192].partition(b"end_header")[0]
    return start[:3].lower() == b"ply" and b"packed_position" in words

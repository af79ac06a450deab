"""PlayCanvas's `.sog`: lossless WebP pictures of bytes, one pixel a Gaussian, and a `meta.json`.

A zip of both, or a folder with them. In version 2, positions have 16 bits an axis, of the logarithm
sign(x) · ln(|x| + 1); logarithms of scales and colours (dc) are places in codebooks of 256 numbers;
rotations are the three smallest of wxyz as bytes; opacities are bytes; spherical harmonics beyond
the first are places in a palette of at most 65,536 sets, whose numbers are places in a codebook. In
version 1, which is read, bytes are even steps between a lowest and a highest value instead. Axes
are those of the scene's `.ply`, without any turn.

Writing puts neighbours beside each other (`morton.morton_order`). Up to 65,536 different sets of
harmonics keep a place of their own in the palette; of more, similar ones share one.
"""

from splat_widgets.io.head import Head
from splat_widgets.io.sog.reading import META, read
from splat_widgets.io.sog.writing import write

__all__ = ["ROUNDS", "is_one", "read", "write"]

ROUNDS = (
    "positions have 16 bits",
    "sizes and colours one of 256 values",
    "opacities and rotations are bytes",
    "similar spherical harmonics share one set",
)


def is_one(head: Head) -> bool:
    """Whether a file is an archive with a `meta.json` in it, or that `meta.json` itself."""
    if any(name.rpartition("/")[2] == META for name in head.members):
        return True
    start = head.data[:4096]
    return start.lstrip().startswith(b"{") and b'"means' in head.data and b'"quats' in head.data

"""The `.splatscene`: everything that is known of a scene, in one file that other programs can open.

A zip archive without compression, of open parts:

    scene.json            what is known, with the names of the tensors and pictures
    tensors.safetensors   every tensor: Gaussians, maps, rows, masks; exact
    photos/0.png          the photos, whole and as the crop that the network saw
    gaussians.ply         the same Gaussians for other viewers; reading ignores it

Nothing in it is pickled, nothing that it names is imported or run. A file is untrusted input: sizes
are compared with the file before anything is allocated, and every value has the type that its
record declares. A file is written whole or not at all, part by part: no tensor is copied.
"""

from splat_widgets.io.head import Head
from splat_widgets.io.scenefile.contents import own_names
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.io.scenefile.layout import JSON
from splat_widgets.io.scenefile.reading import read
from splat_widgets.io.scenefile.writing import PhotoQuality, with_inspection, write

__all__ = [
    "PhotoQuality",
    "SceneFileError",
    "is_one",
    "own_names",
    "read",
    "with_inspection",
    "write",
]


def is_one(head: Head) -> bool:
    """Whether a file is an archive with a scene in it."""
    return JSON in head.members

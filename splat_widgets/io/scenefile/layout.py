"""Names of the parts of a scene file, and its version."""

FORMAT = "splatscene"
VERSION = 3
"""Of the records in it; a reader takes this one and older ones.

It is raised with every field that a record gets, so that older readers say that they are too old.
2: an inspector's undo and redo; own attributes whose values are not all known.
3: contrasts of photos.
"""
JSON = "scene.json"
TENSORS = "tensors.safetensors"
PLY = "gaussians.ply"
MAX_JSON_BYTES = 64 * 2**20
"""Of `JSON`, which is decoded whole: a reader refuses more, and a writer writes no more."""

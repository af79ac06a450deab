"""Names of the parts of a scene file, and its version."""

FORMAT = "splatscene"
VERSION = 1  # of the records in it; a reader takes this one and older ones
JSON = "scene.json"
TENSORS = "tensors.safetensors"
PLY = "gaussians.ply"

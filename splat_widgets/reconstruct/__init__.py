"""`reconstruct(photos)`: two photos to a scene of Gaussians, with all that they came from."""

from splat_widgets.reconstruct.preview import preview, preview_png
from splat_widgets.reconstruct.progress import Cancelled, Progress, Stage
from splat_widgets.reconstruct.records import Reconstruction, SourcePixel, Timings
from splat_widgets.reconstruct.run import NonFiniteError, reconstruct

__all__ = [
    "Cancelled",
    "NonFiniteError",
    "Progress",
    "Reconstruction",
    "SourcePixel",
    "Stage",
    "Timings",
    "preview",
    "preview_png",
    "reconstruct",
]

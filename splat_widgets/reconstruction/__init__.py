"""`reconstruct(photos)`: photos to a scene of Gaussians, with all that they came from."""

from splat_widgets.reconstruction.places import stages
from splat_widgets.reconstruction.progress import Cancelled, Progress
from splat_widgets.reconstruction.run import reconstruct
from splat_widgets.reconstruction.work import NonFiniteError

__all__ = ["Cancelled", "NonFiniteError", "Progress", "reconstruct", "stages"]

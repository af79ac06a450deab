"""`reconstruct(photos)`: two photos to a scene of Gaussians, with all that they came from."""

from splat_widgets.reconstruction.progress import Cancelled, Progress, Stage
from splat_widgets.reconstruction.run import NonFiniteError, reconstruct

__all__ = ["Cancelled", "NonFiniteError", "Progress", "Stage", "reconstruct"]

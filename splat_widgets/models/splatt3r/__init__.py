"""The network: two batches of pictures to per-pixel maps. Knows neither files nor widgets."""

from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.models.splatt3r.network import OnStep, PairMaps, Splatt3R, Stage, token_grid

__all__ = [
    "OnStep",
    "PairMaps",
    "Splatt3R",
    "Splatt3RConfig",
    "Stage",
    "token_grid",
]

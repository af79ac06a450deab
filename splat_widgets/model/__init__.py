"""The network: two batches of pictures to per-pixel maps. Knows neither files nor widgets."""

from splat_widgets.conventions import PATCH_SIZE
from splat_widgets.model.config import Splatt3RConfig
from splat_widgets.model.heads import ViewMaps
from splat_widgets.model.splatt3r import OnStep, PairMaps, Splatt3R, Stage, token_grid

__all__ = [
    "PATCH_SIZE",
    "OnStep",
    "PairMaps",
    "Splatt3R",
    "Splatt3RConfig",
    "Stage",
    "ViewMaps",
    "token_grid",
]

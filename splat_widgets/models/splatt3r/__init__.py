"""Splatt3R: the network, two batches of pictures to per-pixel maps, and its predictor."""

from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.models.splatt3r.network import PairMaps, Splatt3R, token_grid
from splat_widgets.models.splatt3r.predictor import PairPredictor

__all__ = ["PairMaps", "PairPredictor", "Splatt3R", "Splatt3RConfig", "token_grid"]

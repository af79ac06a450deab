"""Weights: checkpoints are read without executing them and checked against one table of keys."""

from splat_widgets.models.weights.checkpoint import read_checkpoint
from splat_widgets.models.weights.errors import CheckpointError
from splat_widgets.models.weights.folder import save_folder
from splat_widgets.models.weights.load import convert, load_model, unload

__all__ = [
    "CheckpointError",
    "convert",
    "load_model",
    "read_checkpoint",
    "save_folder",
    "unload",
]

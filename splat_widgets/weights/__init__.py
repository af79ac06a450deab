"""Weights: which checkpoint, read without executing it, checked against one table of keys."""

from splat_widgets.weights.checkpoint import read_checkpoint
from splat_widgets.weights.folder import save_folder
from splat_widgets.weights.load import convert, load_model, unload
from splat_widgets.weights.records import CheckpointError, EmbeddedModelNotice, Provenance

__all__ = [
    "CheckpointError",
    "EmbeddedModelNotice",
    "Provenance",
    "convert",
    "load_model",
    "read_checkpoint",
    "save_folder",
    "unload",
]

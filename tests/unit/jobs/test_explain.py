"""Errors in words for the user."""

import errno

import pytest
import torch

from splat_widgets.io import PlyError
from splat_widgets.jobs.explain import OUT_OF_MEMORY, explain
from splat_widgets.models.weights.errors import CheckpointError
from splat_widgets.photos.source import PhotoError
from splat_widgets.reconstruction import Cancelled


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PhotoError("a.png", "is too dark"), "A.png: is too dark."),
        (CheckpointError("expected a file, got a folder\nmore"), "Expected a file, got a folder."),
        (PlyError("expected numbers"), "Expected numbers."),
        (MemoryError(), OUT_OF_MEMORY),
        (torch.OutOfMemoryError("CUDA out of memory"), OUT_OF_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 bytes"), OUT_OF_MEMORY),
        (Cancelled("cancelled"), "The run was cancelled."),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x/a.ply"),
            "Permission denied: /x/a.ply.",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "/x/a.ply"),
            "No space left on device: /x/a.ply. Free some, or choose another folder.",
        ),
        (OSError("no folder x; create it first"), "No folder x; create it first."),
        (KeyError("x"), "An internal error: KeyError: 'x'. The log has the details."),
        (ValueError(), "An internal error: ValueError: . The log has the details."),
    ],
)
def test_the_sentence(error, said):
    assert explain(error) == said

"""Processes that are forked off one that has used torch.

OpenMP's threads do not exist in a forked child, and torch would wait for them for ever. A child
computes with one thread instead; a spawned one is not concerned.
"""

from __future__ import annotations

import os

import torch

_is_prepared = False


def prepare() -> None:
    """Let children that are forked from now on compute with one thread."""
    global _is_prepared
    if _is_prepared or not hasattr(os, "register_at_fork"):  # Windows has no fork
        return
    _is_prepared = True
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))

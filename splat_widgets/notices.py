"""Warnings that are shown at every call."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

_PACKAGE = f"{Path(__file__).parent}{os.sep}"


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside this package that called it.

    Python's own `warnings.warn` shows one text per line only once, so that the second of two runs
    would pass in silence. The user's filters count as usual.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    # No registry of what was shown before: that is what makes it visible again.
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno)

"""Warnings that are shown at every call."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

_PACKAGE = f"{Path(__file__).parent}{os.sep}"


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the user's code that called this package.

    Python's own `warnings.warn` shows a text only once per line, so the second of two runs would
    show nothing. The user's filters apply as usual.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    # Without a registry, Python does not remember that this warning was shown.
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno)

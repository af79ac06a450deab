"""Lines that a user should read: warnings at every call, or a line once, without a pink box."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_PACKAGE = f"{Path(__file__).parent}{os.sep}"
_lock = threading.Lock()
_told: list[str] = []  # in this process
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


def tell(text: str) -> None:
    """Print a line, once in a process; nothing inside `quiet`.

    It goes to stdout: notebooks paint stderr, like warnings, as a failure.
    """
    with _lock:
        if is_quiet() or is_told(text):
            return
        _told.append(text)
    print(text)


def is_told(text: str) -> bool:
    """Whether a line has been told in this process, alone or as a part of another one."""
    return any(text in one for one in _told)


def is_quiet() -> bool:
    """Whether this is inside `quiet`."""
    return _quiet.get()


@contextmanager
def quiet() -> Iterator[None]:
    """Tell nothing in this block: a widget says it in its own place, or nobody wants to hear it."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


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

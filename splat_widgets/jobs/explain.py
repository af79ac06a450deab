"""The sentence that explains an error to the user."""

from __future__ import annotations

import errno
import os

from splat_widgets.reconstruction import Cancelled

OUT_OF_MEMORY = (
    "There is not enough memory for this run. Close other programs, take fewer photos, or use a "
    "smaller model; in a notebook splat_widgets.unload() frees loaded ones."
)
# Our modules raise these with a text for the user; other exceptions are faults of ours.
_EXPLAINED = (ValueError, OSError, RuntimeError, ArithmeticError)


def explain(error: BaseException) -> str:
    """One or two sentences for the user, never a traceback.

    The texts of photo, model and file errors are kept: they say what was expected and what to do.
    """
    if isinstance(error, Cancelled):
        return "The run was cancelled."
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.strerror:
        return _explain_file(error)
    lines = str(error).strip().splitlines()
    if isinstance(error, _EXPLAINED) and lines:
        return sentence(lines[0])
    return f"An internal error: {type(error).__name__}: {error}. The log has the details."


def sentence(text: str) -> str:
    """The text with a capital letter in front and a full stop at the end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a GPU or the machine had too little memory."""
    # PyTorch has a class for GPUs; on the CPU its allocator raises a plain RuntimeError.
    is_named = isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__
    return is_named or "can't allocate memory" in str(error)


def _explain_file(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    is_plain = error.errno == errno.ENOSPC and error.strerror == os.strerror(errno.ENOSPC)
    hint = ". Free some, or choose another folder" if is_plain else ""
    return sentence(f"{error.strerror}{where}{hint}")

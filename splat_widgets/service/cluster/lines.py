"""Lines of the log of all processes of a local Ray, which come out where it was started.

Ray itself puts names before lines of its processes, and drops those that differ in digits alone.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from splat_widgets.service.logs import log_to_file, log_to_stderr

_LAST = b"\n\n"


@contextmanager
def gathered() -> Iterator[str]:
    """A pipe whose lines come out at stderr during the `with`; empty where there are no pipes."""
    if not hasattr(os, "mkfifo"):
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="splat-lines-"))  # nobody else looks into it
    path = folder / "lines"
    try:
        os.mkfifo(path, 0o600)
        with path.open("r+b", buffering=0) as pipe:  # never without a reader
            reader = threading.Thread(target=_pass_on, args=(pipe,), name="splat-lines")
            reader.start()
            try:
                yield str(path)
            finally:
                pipe.write(_LAST)
                reader.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def log_lines(pipe: str) -> None:
    """Log into a pipe of `gathered`; without one, to stderr, which Ray keeps in files."""
    if pipe:
        log_to_file(pipe)
    else:
        log_to_stderr()


def _pass_on(pipe: BinaryIO) -> None:
    rest = b""
    while True:
        *lines, rest = (rest + pipe.read(65536)).split(b"\n")
        for line in lines:
            if not line:
                return
            sys.stderr.write(line.decode("utf-8", "replace") + "\n")
        sys.stderr.flush()

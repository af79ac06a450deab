"""A program that we start and that ends when we end, with all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence

GRACE_S = 10.0  # JupyterLab ends its kernels in that time

# What ends us: Ctrl+C, a polite kill, a terminal that is closed (Windows has no such signal).
_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class _Told(BaseException):
    """A signal told us to end."""


def run(command: Sequence[str]) -> int:
    """Run a program to its end, or to ours: a signal that ends us ends it and its children first.

    Call it in the main thread, which alone can listen to signals.

    Returns:
        Its exit status, or 128 and the signal's number.
    """
    before = {number: signal.signal(number, _tell) for number in _SIGNALS}
    process = None
    try:
        # Its own group: a Ctrl+C in the terminal reaches us alone, and we can reach all of it.
        process = subprocess.Popen(command, start_new_session=os.name == "posix")
        return process.wait()
    except _Told as told:
        return 128 + int(told.args[0])
    finally:
        if process is not None:
            _end(process)
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(number: int, frame: object) -> None:
    raise _Told(number)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    _send(process, signal.SIGTERM)
    try:
        process.wait(GRACE_S)
    except (subprocess.TimeoutExpired, _Told):  # too slow, or told a second time
        _send(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _send(process: subprocess.Popen[bytes], number: int) -> None:
    if os.name != "posix":
        process.terminate()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)

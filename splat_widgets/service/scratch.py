"""A folder of this process for files on their way, in the folder for temporary files.

It goes with the process. A process that is killed leaves photos of users in it: the next one that
begins on the machine deletes them. Who lives holds a lock on a file in its folder.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "splat-service-"
_LOCK = "lock"


class Scratch:
    """The folder; `close` deletes it, and so does the end of the process."""

    def __init__(self) -> None:
        _clear()
        self._root, self._lock = _new()
        self._process = os.getpid()
        self.path = self._root / "files"
        self.path.mkdir()
        atexit.register(self.close)

    def close(self) -> None:
        """Delete the folder; may be called twice."""
        atexit.unregister(self.close)
        if self._process == os.getpid():  # a fork has the same atexit
            self._lock.release()
            shutil.rmtree(self._root, ignore_errors=True)


def _new() -> tuple[Path, FileLock]:
    while True:
        root = Path(tempfile.mkdtemp(prefix=_PREFIX))  # nobody else can look into it
        lock = FileLock(root / _LOCK, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:  # another process has just taken it for one that was left
            continue
        return root, lock


def _clear() -> None:
    """Delete the folders of processes that are dead."""
    for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = FileLock(root / _LOCK, thread_local=False)
        try:
            if root.is_symlink() or not (root / _LOCK).is_file():
                continue
            lock.acquire(blocking=False)
        except (Timeout, OSError):  # its process lives, or it is another user's
            continue
        shutil.rmtree(root, ignore_errors=True)
        lock.release()

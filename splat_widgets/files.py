"""Local paths and files: every path that a caller gives passes through here.

So `~`, web addresses, folders, pipes and missing folders behave the same at every door.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BufferedReader
from pathlib import Path

from splat_widgets import events

# `Path` turns "https://" into "https:/".
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://|(https?|ftp|s3|gs|hf):/", re.IGNORECASE)

_FREE = "(free some space, or choose another folder)"
_FULL = {
    getattr(errno, "EDQUOT", errno.ENOSPC): f"your share of the disk is used up {_FREE}",
    errno.ENOSPC: f"the disk is full {_FREE}",  # last: Windows has no EDQUOT
    errno.EFBIG: "the file would be larger than this disk or account allows (choose another disk)",
}
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FLUSH_BYTES = 16 * 2**20
_LOOK_S = 0.01  # from one look at a growing file to the next
_being_replaced: ContextVar[Path | None] = ContextVar("splat_widgets_replaced", default=None)


def local_path(given: str | os.PathLike[str]) -> Path:
    """A path on this machine, with `~` expanded; nothing needs to exist there.

    Raises:
        TypeError: for something that is not a path.
        ValueError: for a web address, a NUL character, or `~name` of an unknown user.
    """
    if not isinstance(given, str | os.PathLike):
        raise TypeError(f"expected a path, got {type(given).__name__}")
    text = os.fsdecode(given)
    if _ADDRESS.match(text):
        raise ValueError(
            f"expected a path on this machine, got the address {text!r}; download it first"
        )
    if "\0" in text:
        raise ValueError(f"expected a path, got one with a NUL character: {text!r}")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"expected a path, got {text!r}: {error}") from error


def existing_file(given: str | os.PathLike[str]) -> Path:
    """The `local_path` of a regular file that exists.

    Raises:
        FileNotFoundError: if nothing is there.
        IsADirectoryError: for a folder.
        OSError: for a pipe or device.
    """
    path = local_path(given)
    try:
        _check_regular(path, path.stat().st_mode, "expected a file")
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(
            f"expected a file, found nothing at {path.absolute()}; check the path"
        ) from None
    return path


def open_file(given: str | os.PathLike[str]) -> BufferedReader:
    """Open an `existing_file` for reading bytes; never waits for a pipe.

    The opened file is checked again, because something else may lie at the path by then.
    """
    path = existing_file(given)
    nonblocking = getattr(os, "O_NONBLOCK", 0)  # Windows has none, and no pipes at paths
    descriptor = os.open(path, os.O_RDONLY | nonblocking | getattr(os, "O_BINARY", 0))
    try:
        _check_regular(path, os.fstat(descriptor).st_mode, "expected a file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def make_folder(given: str | os.PathLike[str]) -> Path:
    """The `local_path` of a folder, made with its parents where it is missing.

    Raises:
        NotADirectoryError: if it, or one of its parents, is a file.
        OSError: if it cannot be made.
    """
    path = local_path(given)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(
            f"expected a folder, found a file at {path.absolute()} or above it; name another place"
        ) from None
    return path


@contextmanager
def replacing(given: str | os.PathLike[str]) -> Iterator[Path]:
    """Replace the file at a path whole, or leave it as it was.

    The block writes the file at the path it is given, which has the same name and lies in a
    temporary folder beside the target. When the block ends well, the file is flushed to the disk
    and renamed; it then has the permissions of a new file. When the block raises, it is removed.
    Missing parent folders are made. A symbolic link stays: the file that it points to is replaced.
    A block within another for the path that this one was given is part of it.

    Raises:
        IsADirectoryError: for a folder.
        OSError: for a pipe or device, or if the file cannot be written; a full disk and a folder
            that cannot be written to are said in words, with what to do.
    """
    target = Path(os.path.realpath(local_path(given)))  # `resolve` raises in a loop of links
    if target == _being_replaced.get():
        yield target
        return
    with suppress(FileNotFoundError, NotADirectoryError):
        _check_regular(target, target.stat().st_mode, "expected a file to write")
    with (
        events.telling("export", format=events.format_of(target)),
        _told_in_words(target),
        _folder_beside(target) as folder,
    ):
        partial = folder / target.name
        token = _being_replaced.set(partial)
        try:
            yield partial
        finally:
            _being_replaced.reset(token)
        _flush(partial)
        events.note(bytes=partial.stat().st_size)
        partial.replace(target)
    if os.name == "posix":
        with suppress(OSError):  # some file systems cannot; the rename is atomic there too
            descriptor = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def flushing(path: Path) -> Iterator[None]:
    """Send a file to the disk while the block writes it and looks at it again.

    It is sent as often as it has grown by `_FLUSH_BYTES`, and when it stops growing. Without
    another thread nothing is sent before its time.

    Raises:
        OSError: if the disk does not take it. A system tells that once: later flushes succeed.
    """
    stop, wrong = threading.Event(), []
    thread = threading.Thread(target=_flush_along, args=(path, stop, wrong), daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no more threads
        yield
        return
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if wrong:
        raise wrong[0]


@contextmanager
def new_folder(given: str | os.PathLike[str]) -> Iterator[Path]:
    """Make a folder with all that the block writes into it, or none.

    The block writes into the temporary folder that it is given, beside the target; when it ends
    well, this is renamed.

    Raises:
        FileExistsError: if something lies there already; an empty folder may.
        OSError: as for `replacing`.
    """
    target = Path(os.path.realpath(local_path(given)))
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise FileExistsError(
            f"expected a new or empty folder, found something at {target}; name another one"
        )
    with _told_in_words(target), _folder_beside(target) as beside:
        partial = beside / (target.name or "folder")
        partial.mkdir()
        yield partial
        with suppress(FileNotFoundError):
            target.rmdir()  # an empty one; Windows renames to nothing that is there
        partial.rename(target)


def _flush(path: Path) -> None:
    with path.open("r+b") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


def _flush_along(path: Path, stop: threading.Event, wrong: list[OSError]) -> None:
    flushed = before = 0
    while not stop.wait(_LOOK_S):
        try:
            now = path.stat().st_size
            if now - flushed >= _FLUSH_BYTES or flushed < now == before:
                _flush(path)
                flushed = now
            before = now
        except FileNotFoundError:  # not yet, or no more
            continue
        except OSError as error:
            wrong.append(error)
            return


@contextmanager
def _told_in_words(target: Path) -> Iterator[None]:
    """Errors of a full disk or a closed folder name the target, not the temporary file in it."""
    try:
        yield
    except OSError as error:
        reason = _FULL.get(error.errno or 0)
        is_ours = error.filename is None or str(error.filename).startswith(str(target.parent))
        if reason is None and error.errno in _CLOSED and is_ours:
            reason = "this folder cannot be written to (choose another one)"
        if reason is None:
            raise
        raise OSError(error.errno, f"nothing was written, {reason}", str(target)) from error


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """A temporary folder on the file system of `target`, whose own folder is made."""
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(
        prefix=".splat-", dir=target.parent, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _check_regular(path: Path, mode: int, expected: str) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{expected}, found a folder at {path.absolute()}")
    if not stat.S_ISREG(mode):
        raise OSError(f"{expected}, found a pipe or device at {path.absolute()}")

"""How much memory a process may still take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class _Files:
    """What the files of one generation of Linux' control groups are called."""

    limit: str
    used: str
    dropped: str  # line of `memory.stat`: pages of files, which the system drops when it needs room


_FIRST = _Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_SECOND = _Files("memory.max", "memory.current", "inactive_file")


def free_bytes() -> int:
    """Bytes that can be taken before programs are ended for it, or are refused more.

    The least of what the machine has, of what each control group of the process has (those of
    containers, Slurm and systemd), and of the address space that `ulimit -v` leaves. Memory that
    the system would swap out counts as free, and so do copies of files that it would drop.
    """
    free = psutil.virtual_memory().available + psutil.swap_memory().free
    for folder, files in _groups():
        limit, used = _number(folder / files.limit), _number(folder / files.used)
        if limit is not None and used is not None:
            free = min(free, limit - used + _dropped(folder, files))
    return max(0, min(free, _address_space(free)))


def _groups() -> Iterator[tuple[Path, _Files]]:
    """The folders of the process's groups and of those around them, the inmost first."""
    try:
        lines = _OWN_GROUPS.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if not controllers:
            root, files = _GROUPS, _SECOND
        elif "memory" in controllers.split(","):
            root, files = _GROUPS / "memory", _FIRST
        else:
            continue
        inmost = root / place.lstrip("/")
        if ".." in inmost.parts:  # a group beside those that the container sees
            inmost = root
        for folder in (inmost, *inmost.parents):
            yield folder, files
            if folder == root:
                break


def _number(file: Path) -> int | None:
    """The number in a file; None where there is no such file, or no limit in it."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _dropped(folder: Path, files: _Files) -> int:
    """Bytes that a group is said to use, but that the system takes back when it needs them."""
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    found = (line.removeprefix(files.dropped) for line in lines if line.startswith(files.dropped))
    return next((int(number) for number in found if number.strip().isdigit()), 0)


def _address_space(otherwise: int) -> int:
    """Bytes of addresses that the process may still take; `otherwise` where that is not limited."""
    try:
        import resource
    except ImportError:  # Windows
        return otherwise
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return otherwise
    return limit - psutil.Process().memory_info().vms

"""How much memory a process may still take."""

from __future__ import annotations

from pathlib import Path

import psutil

# What a container may have; of the second and the first generation of Linux' control groups.
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def free_bytes() -> int:
    """Bytes that can be taken before programs are ended for it: of the machine and the container.

    Memory that the system would swap out counts as free.
    """
    free = psutil.virtual_memory().available + psutil.swap_memory().free
    for limit, used in _LIMITS:
        room = _number(limit), _number(used)
        if room[0] is not None and room[1] is not None:
            free = min(free, max(0, room[0] - room[1]))
    return free


def _number(path: str) -> int | None:
    """The number in a file; None where there is no such file, or no limit in it."""
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return None

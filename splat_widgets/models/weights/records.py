"""What a checkpoint says of itself, and how loading one can fail."""

from __future__ import annotations

from collections.abc import Iterable

IN_MEMORY_BYTES = 256 * 2**20
"""Weights in smaller files are copied into memory; larger files are mapped, and so stay tied to
what happens to them on the disk."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be found, trusted or fitted to the network."""


class EmbeddedModelNotice(UserWarning):
    """The small embedded model stands in for the released weights, which were not asked away."""


def some(names: Iterable[str], separator: str = ", ", *, limit: int = 10) -> str:
    """The first few of many names, and how many more there are."""
    listed = list(names)
    more = [f"and {len(listed) - limit} more"] if len(listed) > limit else []
    return separator.join(listed[:limit] + more)

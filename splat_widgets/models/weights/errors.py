"""What can go wrong with weights, and how long lists of names are shortened in messages."""

from __future__ import annotations

from collections.abc import Iterable


class CheckpointError(ValueError):
    """A checkpoint that cannot be found, trusted or fitted to the network."""


class WeightsNotice(UserWarning):
    """Weights were taken, but not as they were expected: wrapped, or in another precision."""


def first_few(names: Iterable[str], separator: str = ", ", *, limit: int = 10) -> str:
    """The first names of a list, each up to 200 characters, and how many more there are."""
    listed = [name if len(name) <= 200 else f"{name[:199]}…" for name in names]
    more = [f"and {len(listed) - limit} more"] if len(listed) > limit else []
    return separator.join(listed[:limit] + more)

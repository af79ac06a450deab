"""Parts of a file that other threads make while those before them are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

_AHEAD = 4  # parts in memory at a time


class Ahead:
    """Parts in their order; a few are begun before they are asked for.

    What no thread has begun when it is asked for is made by the one that asks.
    """

    def __init__(self, parts: Sequence[bytes], pool: ThreadPoolExecutor) -> None:
        self._parts, self._pool = parts, pool
        self._begun: deque[tuple[int, Future[bytes]]] = deque()
        self._next = 0
        for _ in range(_AHEAD):
            self._begin()

    def __iter__(self) -> Iterator[bytes]:
        while self._begun:
            number, future = self._begun.popleft()
            yield self._parts[number] if future.cancel() else future.result()
            self._begin()

    def _begin(self) -> None:
        if self._next < len(self._parts):
            self._begun.append((self._next, self._pool.submit(self._parts.__getitem__, self._next)))
            self._next += 1

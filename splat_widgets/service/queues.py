"""The order of jobs: a small protocol, and threads of this process that follow it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)


class JobQueue(Protocol):
    """Ids of jobs that wait; somebody takes and does them in order."""

    @property
    def limit(self) -> int:
        """Most jobs that wait."""
        ...

    @property
    def waiting(self) -> int:
        """Jobs that wait."""
        ...

    @property
    def running(self) -> int:
        """Jobs that go on."""
        ...

    def submit(self, id: str, *, again: bool = False) -> bool:
        """Add a job; False if the queue is full. One that was accepted before always fits."""
        ...

    def remove(self, id: str) -> bool:
        """Take a job out; False if it does not wait here: then its worker has to stop it."""
        ...

    def position(self, id: str) -> int | None:
        """Jobs that wait before this one; None if it does not wait here."""
        ...

    def start(self) -> None:
        """Begin to do jobs."""
        ...

    def stop(self, timeout_s: float) -> bool:
        """Take no further job, and wait for those that go on; False if some still do."""
        ...


class ThreadQueue:
    """A `JobQueue` of this process: threads that share its model."""

    def __init__(self, work: Callable[[str], object], *, limit: int, workers: int = 1) -> None:
        """Make a queue.

        Args:
            work: does the job of an id; what it raises is logged.
            limit: most jobs that wait.
            workers: jobs that go on at once.
        """
        self.limit = limit
        self._work = work
        self._workers = workers
        self._waiting: deque[str] = deque()
        self._running: set[str] = set()
        self._changed = threading.Condition()
        self._is_open = False

    @property
    def waiting(self) -> int:
        """See `JobQueue`."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """See `JobQueue`."""
        return len(self._running)

    def submit(self, id: str, *, again: bool = False) -> bool:
        """See `JobQueue`."""
        with self._changed:
            if id in self._waiting or id in self._running:
                return True
            if len(self._waiting) >= self.limit and not again:
                return False
            self._waiting.append(id)
            self._changed.notify()
        return True

    def remove(self, id: str) -> bool:
        """See `JobQueue`."""
        with self._changed:
            if id not in self._waiting:
                return False
            self._waiting.remove(id)
        return True

    def position(self, id: str) -> int | None:
        """See `JobQueue`."""
        with self._changed:
            return self._waiting.index(id) if id in self._waiting else None

    def start(self) -> None:
        """See `JobQueue`."""
        self._is_open = True
        for number in range(self._workers):
            name = f"splat-service-{number}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()

    def stop(self, timeout_s: float) -> bool:
        """See `JobQueue`."""
        until = time.monotonic() + timeout_s
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
            while self._running and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._running

    def _serve(self) -> None:
        while (id := self._next()) is not None:
            try:
                self._work(id)
            except BaseException:  # the thread lives on
                logger.exception("a job ended with an error that nobody expected")
            finally:
                with self._changed:
                    self._running.discard(id)
                    self._changed.notify_all()

    def _next(self) -> str | None:
        with self._changed:
            while self._is_open and not self._waiting:
                self._changed.wait()
            if not self._is_open:
                return None
            id = self._waiting.popleft()
            self._running.add(id)
            return id

"""The line: the one place of a cluster that orders jobs, bounds them and hands them out.

It keeps nothing that the storage does not have: one that begins anew finds the jobs there. A job
that a replica did not end is handed out again once its lease has run out, even if that replica is
frozen and still has it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from splat_widgets.service.stores import Store

logger = logging.getLogger(__name__)
BEGUN = "begun"
"""What a replica says once a job is its own."""
_AGAIN_S = 1.0  # before a model is asked again
_SILENT_S = 20.0  # a replica that tells nothing for so long is none
GIVE_BACK_S = 10.0
"""Jobs that go on have so long to be given back once they are asked to."""


class Run(Protocol):
    """A job that was handed out."""

    def __aiter__(self) -> AsyncIterator[str]: ...

    def cancel(self) -> None:
        """Take it back; a replica that has it already gives it back soon."""
        ...


@dataclass(frozen=True)
class News:
    """What doors know of the line."""

    waiting: tuple[str, ...] = ()  # ids of jobs, in their order
    running: int = 0
    model: dict[str, Any] | None = None  # as `ServiceModel.describe`; None: not loaded yet
    is_leaving: bool = False
    has_replicas: bool = True  # some were heard of lately; a new line supposes so at first


class Line:
    """Orders jobs. All methods but `remove` belong to one event loop."""

    def __init__(
        self,
        store: Store,
        limit: int,
        hand_out: Callable[[str], Run],
        describe: Callable[[], Awaitable[dict[str, Any]]],
    ) -> None:
        """Make a line.

        Args:
            store: of jobs and files.
            limit: most jobs that wait.
            hand_out: gives the job of an id to a replica that is free; says `BEGUN`, and ends
                with the run.
            describe: asks a replica for its model.
        """
        self._store = store
        self._limit = limit
        self._hand_out = hand_out
        self._ask = describe
        self._waiting: dict[str, None] = {}
        self._running: set[str] = set()
        self._runs: dict[str, Run] = {}
        self._taken_back: set[Run] = set()
        self._tasks: set[asyncio.Task] = set()
        self._model: dict[str, Any] | None = None
        self._is_leaving = False
        self._heard_s = time.monotonic()

    @property
    def waiting(self) -> int:
        """Jobs that wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """Jobs that go on."""
        return len(self._running)

    def start(self) -> None:
        """Begin with the jobs that the storage has."""
        self._begin(self._describe())
        self._begin(self._find())

    def submit(self, id: str, *, again: bool = False) -> bool:
        """Add a job; False if the line is full. One that was accepted before always fits."""
        if id in self._runs:
            return True
        if self._is_leaving:  # the next line finds it
            return True
        if len(self._waiting) >= self._limit and not again:
            return False
        self._waiting[id] = None
        self._runs[id] = run = self._hand_out(id)
        self._begin(self._follow(id, run))
        return True

    def remove(self, id: str) -> bool:
        """Take a job out; False if it does not wait. Any thread may call it."""
        try:
            del self._waiting[id]
        except KeyError:
            return False
        self._take_back(id)
        return True

    def news(self) -> News:
        """What doors tell."""
        has_replicas = time.monotonic() - self._heard_s < _SILENT_S
        waiting = tuple(self._waiting)
        return News(waiting, len(self._running), self._model, self._is_leaving, has_replicas)

    def heard(self) -> None:
        """A replica is there."""
        self._heard_s = time.monotonic()

    async def leave(self, timeout_s: float) -> bool:
        """Hand out nothing more, and wait for the jobs that go on; what takes longer is given back.

        Returns:
            False if a replica has not given back a job after `GIVE_BACK_S`.
        """
        self._is_leaving = True
        for id in list(self._waiting):
            self.remove(id)
        until = time.monotonic() + timeout_s
        while self._running and time.monotonic() < until:
            await asyncio.sleep(0.05)
        left = list(self._running)
        for id in left:
            self._take_back(id)
        until = time.monotonic() + GIVE_BACK_S
        while left and time.monotonic() < until:
            await asyncio.sleep(0.05)
            left = await asyncio.to_thread(self._held, left)
        return not left

    def _take_back(self, id: str) -> None:
        run = self._runs.get(id)
        if run is not None:
            self._taken_back.add(run)
            run.cancel()

    def _held(self, ids: list[str]) -> list[str]:
        return [id for id in ids if not self._store.turns.is_free(id)]

    async def find(self, *, older_than_s: float) -> None:
        """Hand out the jobs of the storage that nobody has; younger ones may be on their way."""
        waiting = frozenset(self._runs) - self._running
        found = await asyncio.to_thread(self._unheld, waiting, older_than_s)
        for id in found:
            if id in self._running:  # at a frozen replica, which stays busy for Serve
                self._running.discard(id)
                del self._runs[id]
            self.submit(id, again=True)
        if found:
            logger.warning("%d jobs are handed out again", len(found))

    def _unheld(self, known: frozenset[str], older_than_s: float) -> list[str]:
        before = time.time() - older_than_s
        found = [
            job
            for job in self._store.jobs.unfinished(known)
            if job.created <= before and self._store.turns.is_free(job.id)
        ]
        return [job.id for job in sorted(found, key=lambda job: job.created)]

    async def _find(self) -> None:
        ttl = self._store.turns.ttl or _AGAIN_S
        age = 0.0
        while not self._is_leaving:
            try:
                await self.find(older_than_s=age)
                age = ttl
            except Exception:  # the storage may be there again the next time
                logger.exception("the storage could not be looked through")
            await asyncio.sleep(ttl / 3)

    async def _follow(self, id: str, run: Run) -> None:
        try:
            async for word in run:
                is_ours = self._runs.get(id) is run
                if word == BEGUN and is_ours and self._waiting.pop(id, self) is None:
                    self._running.add(id)
        except (Exception, asyncio.CancelledError) as error:
            if run not in self._taken_back:  # the job is found again once its lease has run out
                logger.warning("a replica did not end job %s: %s", id[:8], type(error).__name__)
        finally:
            self._taken_back.discard(run)
            if self._runs.get(id) is run:
                self._waiting.pop(id, None)
                self._running.discard(id)
                del self._runs[id]

    async def _describe(self) -> None:
        while self._model is None:
            try:
                self._model = await self._ask()
            except Exception as error:
                logger.warning("no replica tells of its model: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_S)

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop alone would not keep it
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End the tasks of the line."""
        for task in list(self._tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

"""Whose turn a job is: the right to do it, and the line to who waits for it.

A process that is alone with its jobs has every turn. Where several share the jobs, a turn is a
lease (`cluster/leases.py`): one worker at a time has it, and loses it if it falls silent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from splat_widgets.reconstruction import Cancelled
from splat_widgets.service.records import Job


class Interrupted(Cancelled):
    """The service ends: the job begins anew with the next one."""


class TurnLost(Cancelled):
    """Another worker has the job, or it has ended: nothing of this run counts."""


class Turn(Protocol):
    """The right to do one job."""

    @property
    def number(self) -> int:
        """Of the run, from 1 on; no other run of the job that may still go on has it."""
        ...

    @property
    def attempts(self) -> int:
        """Runs before this one that were begun and not given back."""
        ...

    def tell(self, job: Job) -> bool:
        """Keep the record; False if it does not count since the job has ended before.

        The end and a job given back are kept when this returns, progress soon after.
        """
        ...

    def look(self) -> None:
        """Called several times a second while the job goes on.

        Raises:
            Cancelled: if somebody wants the job to stop.
            TurnLost: if the turn is over.
        """
        ...

    def give_back(self, job: Job) -> None:
        """The job was not finished, and waits again; this run does not count."""
        ...


class Turns(Protocol):
    """Hands out turns."""

    @property
    def ttl(self) -> float | None:
        """A worker that is silent for so long has lost its turn, s; None: turns are not shared."""
        ...

    def taken(self, job: Job) -> AbstractContextManager[Turn | None]:
        """The turn for a `with`; None if somebody else has it."""
        ...

    def is_free(self, id: str) -> bool:
        """Whether nobody does the job at this moment."""
        ...

    def forget(self, id: str) -> None:
        """The job is gone."""
        ...


class Records(Protocol):
    """What a turn needs of the records of jobs; see `stores.JobStore`."""

    def put(self, job: Job) -> bool: ...  # noqa: D102
    def is_asked_to_stop(self, id: str) -> bool: ...  # noqa: D102


class OwnTurns:
    """The `Turns` of a process that is alone with its jobs."""

    ttl = None

    def __init__(self, jobs: Records) -> None:
        self._jobs = jobs
        self._taken: set[str] = set()  # ids
        self._changing = threading.Lock()

    @contextmanager
    def taken(self, job: Job) -> Iterator[Turn | None]:
        """See `Turns`."""
        with self._changing:
            was_free = job.id not in self._taken
            self._taken.add(job.id)
        if not was_free:
            yield None
            return
        try:
            yield _OwnTurn(job.id, job.attempts + 1, job.attempts, self._jobs)
        finally:
            self._taken.discard(job.id)

    def is_free(self, id: str) -> bool:
        """See `Turns`."""
        return id not in self._taken

    def forget(self, id: str) -> None:
        """See `Turns`."""


@dataclass(frozen=True)
class _OwnTurn:
    id: str
    number: int
    attempts: int
    jobs: Records

    def tell(self, job: Job) -> bool:
        return self.jobs.put(job)

    def look(self) -> None:
        if self.jobs.is_asked_to_stop(self.id):
            raise Cancelled("cancelled")

    def give_back(self, job: Job) -> None:
        self.jobs.put(waiting_again(job))


def waiting_again(job: Job) -> Job:
    """The record of a job whose run was given back."""
    return replace(job, state="queued", attempts=job.attempts - 1)

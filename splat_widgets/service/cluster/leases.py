"""Leases in the storage: of all replicas that share an address, one at a time does a job.

The turns of a job are numbered files, `leases/<id>/<number>.json`, and each is made once: the next
worker makes the next number, and only after the last one has run out or was given back. So there is
no moment in which two workers break an old lease and both hold the new one. The holder renews its
own file and writes nobody else's.

How sure that is depends on how the store makes a file "only if there is none" (`Place.create`):

    file://    link(2), which one process alone wins, also through a shared folder
    memory://  of one process; for tests
    others     fsspec's `mode="create"`, which is as strict as the driver. Where a driver only looks
               first, two workers may do one job. Its end is made in the same way, and each run
               writes files of its own, which the end names: what is seen is of one run in any case.
               On Ray the line hands each job to one replica, which leaves a lease little to decide.

Leases run out by the clock: the clocks of all machines have to agree to a third of `LEASE_TTL`.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from splat_widgets.reconstruction import Cancelled
from splat_widgets.service.places import Place
from splat_widgets.service.records import Job
from splat_widgets.service.stores import JobStore, checked
from splat_widgets.service.turns import TurnLost, waiting_again

logger = logging.getLogger(__name__)
LEASE_TTL = 15.0
"""A worker that does not renew its lease for so long has lost it, s."""
LEASES = "leases"
_BEAT_S = (0.25, 0.5)  # between looks for the wish to stop, here and far away; progress, too


@dataclass(frozen=True)
class LeaseRecord:
    """One turn, as it lies in the storage."""

    holder: str  # for people who look
    until: float  # seconds since 1970
    given_back: bool = False

    def to_json(self) -> bytes:
        """The whole record."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> LeaseRecord:
        """The record of `to_json`; what cannot be read has run out."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return cls("", 0.0)

    def is_free(self, now: float) -> bool:
        """Whether the next worker may take the job."""
        return self.given_back or now >= self.until


class Leases:
    """The `Turns` of everybody who shares an address."""

    def __init__(self, place: Place, jobs: JobStore, ttl: float = LEASE_TTL) -> None:
        """Make one.

        Args:
            place: of the storage.
            jobs: records in it.
            ttl: a lease that is not renewed runs out after so many seconds.
        """
        self.ttl = ttl
        self._place = place
        self._jobs = jobs
        self._holder = f"{socket.gethostname()}:{os.getpid()}"

    @contextmanager
    def taken(self, job: Job) -> Iterator[Lease | None]:
        """See `Turns`; the lease is renewed in the background until the end of the block."""
        lease = self._take(job.id)
        if lease is None:
            yield None
            return
        pulse = threading.Thread(target=lease.beat, name=f"splat-lease-{job.id[:8]}", daemon=True)
        pulse.start()
        try:
            yield lease
        finally:
            lease.over.set()
            pulse.join()
            lease.let_go()

    def is_free(self, id: str) -> bool:
        """See `Turns`."""
        now = time.time()  # before the records are read: what is renewed meanwhile is not over
        known = self._known(id)
        return not known or known[-1][1].is_free(now)

    def forget(self, id: str) -> None:
        """See `Turns`."""
        self._folder(id).delete()

    def _take(self, id: str) -> Lease | None:
        now = time.time()  # as in `is_free`
        known = self._known(id)
        if known and not known[-1][1].is_free(now):
            return None
        number = known[-1][0] + 1 if known else 1
        began_s = time.monotonic()  # before `until`: the holder gives up before another may begin
        record = LeaseRecord(self._holder, time.time() + self.ttl)
        if not self._folder(id).at(f"{number}.json").create(record.to_json()):
            return None  # another one was faster
        attempts = sum(not record.given_back for _, record in known)
        folder = self._folder(id)
        return Lease(id, number, attempts, record, began_s, folder, self._jobs, self.ttl)

    def _known(self, id: str) -> list[tuple[int, LeaseRecord]]:
        found = []
        for entry in self._folder(id).listed():
            path = Path(entry["name"])
            if path.suffix == ".json" and path.stem.isdecimal():
                try:
                    text = self._folder(id).at(path.name).read()
                except FileNotFoundError:  # forgotten in this moment
                    continue
                found.append((int(path.stem), LeaseRecord.from_json(text)))
        return sorted(found, key=lambda one: one[0])

    def _folder(self, id: str) -> Place:
        return self._place.at(f"{LEASES}/{checked(id)}")


class Lease:
    """A `Turn`. A thread of its own talks to the storage: a slow one does not slow the run."""

    def __init__(
        self,
        id: str,
        number: int,
        attempts: int,
        record: LeaseRecord,
        renewed_s: float,
        folder: Place,
        jobs: JobStore,
        ttl: float,
    ) -> None:
        self.number = number
        self.attempts = attempts
        self.over = threading.Event()
        self._id = id
        self._record = record
        self._folder = folder
        self._jobs = jobs
        self._ttl = ttl
        self._renewed_s = renewed_s  # `time.monotonic` from which the lease counts
        self._writing = threading.Lock()  # of both records: nothing follows the end
        self._news: Job | None = None
        self._is_closed = False
        self._is_lost = False
        self._is_asked_to_stop = False

    def tell(self, job: Job) -> bool:
        """See `Turn`."""
        if not job.is_over:
            self._news = job
            return True
        with self._writing:
            self._is_closed = True
            if self._jobs.get(self._id) is None:  # swept, long after the end of another run
                return False
            return self._jobs.put(job)

    def look(self) -> None:
        """See `Turn`."""
        if self._is_lost or self._has_run_out():
            self._is_lost = True
            raise TurnLost("another worker has the job")
        if self._is_asked_to_stop:
            raise Cancelled("cancelled")

    def give_back(self, job: Job) -> None:
        """See `Turn`."""
        with self._writing:
            self._is_closed = True
            if not self._is_lost and self._jobs.get(self._id) is not None:
                self._jobs.put(waiting_again(job))
            self._write(replace(self._record, given_back=True))

    def beat(self) -> None:
        """Renew the lease, write progress, hear of the wish to stop; returns once it is over."""
        while not self.over.wait(_BEAT_S[not self._folder.is_local]):
            try:
                self._beat()
            except Exception:  # the storage may be there again at the next one
                logger.exception("a lease could not be renewed")

    def let_go(self) -> None:
        """The run is over: leases of a job that has ended are of no use.

        A run that was too slow to renew its lease has killed nothing: it does not count.
        """
        job = self._jobs.get(self._id)
        if job is None or job.is_over:
            self._folder.delete()
        elif self._is_lost:
            self._write(replace(self._record, given_back=True))
        elif not self._record.given_back:
            self._write(replace(self._record, until=0.0))

    def _beat(self) -> None:
        if time.monotonic() - self._renewed_s >= self._ttl / 3:
            self._renew()  # first: this process may have stood still
        with self._writing:
            news, self._news = self._news, None
            if news is not None and not self._is_closed and not self._is_lost:
                self._jobs.put(news)
        self._is_asked_to_stop = self._jobs.is_asked_to_stop(self._id)

    def _renew(self) -> None:
        if self._is_lost:
            return
        job = self._jobs.get(self._id)
        # Only ever set: `look` of the run's thread may set it meanwhile.
        if job is None or job.is_over or self._has_run_out() or self._has_follower():
            self._is_lost = True
        with self._writing:  # what was given back meanwhile stays so: the record says it
            if self._is_lost:
                return
            began_s = time.monotonic()  # before `until`, as in `Leases._take`
            self._write(replace(self._record, until=time.time() + self._ttl))
        # Where writing took so long that the last lease ran out, another worker may have begun, or
        # be about to.
        if self._has_run_out():
            self._is_lost = True
        else:
            self._renewed_s = began_s

    def _has_run_out(self) -> bool:
        return time.monotonic() - self._renewed_s >= self._ttl

    def _has_follower(self) -> bool:
        return self._folder.at(f"{self.number + 1}.json").exists()

    def _write(self, record: LeaseRecord) -> None:
        self._record = record
        self._folder.at(f"{self.number}.json").write(record.to_json())

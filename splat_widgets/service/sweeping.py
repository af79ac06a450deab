"""What keeps a service's folder small: old photos, results and records go; lost jobs come back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from splat_widgets.service.problems import Problem
from splat_widgets.service.queues import JobQueue
from splat_widgets.service.records import Job
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.stores import Store

logger = logging.getLogger(__name__)
_MOST_S = 60.0  # between two sweeps


def recover(store: Store, queue: JobQueue) -> int:
    """Queue the jobs that nobody does, of a process that has ended, oldest first; returns how many.

    A job that waits with another service of the same storage may be among them: whoever has its
    turn first does it.
    """
    left = [job for job in store.jobs.unfinished() if store.turns.is_free(job.id)]
    for job in sorted(left, key=lambda job: job.created):
        queue.submit(job.id, again=True)
    if left:
        logger.info("%d jobs of an earlier process go on", len(left))
    return len(left)


def relieve(store: Store, queue: JobQueue) -> None:
    """Take jobs that wait with other services of the same storage, or that those have lost."""
    if queue.waiting == 0 and queue.running == 0:
        recover(store, queue)


class Repeated:
    """Does something again and again, in the background."""

    def __init__(self, what: Callable[[], object], every_s: float) -> None:
        self._what = what
        self._every_s = every_s
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, after the first pause."""
        threading.Thread(target=self._run, name="splat-service-again", daemon=True).start()

    def stop(self) -> None:
        """End; what goes on is not waited for."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self._what()
            except Exception:  # the next time may do better
                logger.exception("what is done again and again has failed")


class Sweeper:
    """Sweeps in the background."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: Store,
        remove: Callable[[str], object],
        give_up: Callable[[Job, Problem], object],
    ) -> None:
        """`remove` takes a job out of the queue, and `give_up` ends it then."""
        self._settings = settings
        self._store = store
        self._remove = remove
        self._give_up = give_up
        self._strays: set[str] = set()  # of the last sweep: a job may be about to be made of them
        shortest = min(settings.job_ttl, settings.output_ttl)
        again = Repeated(self.sweep, min(_MOST_S, max(0.2, shortest / 4)))
        self.start, self.stop = again.start, again.stop

    def sweep(self, now: float | None = None) -> None:
        """Once: `now` is in seconds since 1970."""
        now = time.time() if now is None else now
        kept = set()
        for job in self._store.jobs.all():
            if job.is_over and now - (job.ended or 0) >= self._settings.output_ttl:
                self._store.objects.delete(f"outputs/{job.id}")
                self._store.jobs.delete(job.id)
                self._store.turns.forget(job.id)
                continue
            kept.add(job.id)
            if not job.is_over and now - job.created >= self._settings.job_ttl:
                self._try_to_expire(job)
        self._drop_strays(kept)

    def _try_to_expire(self, job: Job) -> None:
        try:
            self._expire(job)
        except Exception:  # on a full disk, which the rest of the sweep may help
            logger.exception("job %s could not be given up", job.id[:8])

    def _expire(self, job: Job) -> None:
        """Stop a job that is too old; it ends here unless a worker is at it, which then ends it."""
        self._store.jobs.ask_to_stop(job.id)
        self._remove(job.id)
        with self._store.turns.taken(job) as turn:
            known = self._store.jobs.get(job.id)
            if turn is not None and known is not None and not known.is_over:
                ttl = self._settings.job_ttl
                sentence = f"The job waited longer than {ttl} s and was given up"
                self._give_up(known, Problem.of("expired", sentence))
        self._store.objects.delete(f"photos/{job.id}")

    def _drop_strays(self, kept: set[str]) -> None:
        """Photos of jobs that have ended or never became one, results of forgotten ones."""
        jobs = {id: self._store.jobs.get(id) for id in self._store.objects.ids("photos")}
        strays = {id for id, job in jobs.items() if job is None or job.is_over}
        for id in strays & self._strays:
            self._store.objects.delete(f"photos/{id}")
        self._strays = strays
        for id in list(self._store.objects.ids("outputs")):
            if id not in kept and self._store.jobs.get(id) is None:
                self._store.objects.delete(f"outputs/{id}")

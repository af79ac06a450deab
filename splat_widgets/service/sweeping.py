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
    """Queue the jobs of a process that has ended, oldest first; returns how many."""
    left = sorted((job for job in store.jobs.all() if not job.is_over), key=lambda j: j.created)
    for job in left:
        queue.submit(job.id, again=True)
    if left:
        logger.info("%d jobs of an earlier process go on", len(left))
    return len(left)


class Sweeper:
    """Sweeps in the background."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: Store,
        queue: JobQueue,
        give_up: Callable[[Job, Problem], object],
    ) -> None:
        """`give_up` ends a job that still waits."""
        self._settings = settings
        self._store = store
        self._queue = queue
        self._give_up = give_up
        self._stop = threading.Event()
        self._strays: set[str] = set()  # of the last sweep: a job may be about to be made of them

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="splat-service-sweeper", daemon=True).start()

    def stop(self) -> None:
        """End."""
        self._stop.set()

    def sweep(self, now: float | None = None) -> None:
        """Once: `now` is in seconds since 1970."""
        now = time.time() if now is None else now
        kept = set()
        for job in self._store.jobs.all():
            if job.is_over and now - (job.ended or 0) >= self._settings.output_ttl:
                self._store.objects.delete(f"outputs/{job.id}")
                self._store.jobs.delete(job.id)
                continue
            kept.add(job.id)
            if not job.is_over and now - job.created >= self._settings.job_ttl:
                self._expire(job)
        self._drop_strays(kept)

    def _expire(self, job: Job) -> None:
        self._store.objects.delete(f"photos/{job.id}")
        self._store.jobs.ask_to_stop(job.id)
        if self._queue.remove(job.id):
            ttl = self._settings.job_ttl
            self._give_up(
                job, Problem.of("expired", f"The job waited longer than {ttl} s and was given up")
            )

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

    def _run(self) -> None:
        shortest = min(self._settings.job_ttl, self._settings.output_ttl)
        while not self._stop.wait(min(_MOST_S, max(0.2, shortest / 4))):
            try:
                self.sweep()
            except Exception:  # the next sweep may do better
                logger.exception("a sweep has failed")

"""A replica: one model, which does the jobs that it is handed, by lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from splat_widgets.service.cluster.line import BEGUN
from splat_widgets.service.cluster.plan import ClusterPlan
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.metrics import ServiceMetrics
from splat_widgets.service.model import ServiceModel
from splat_widgets.service.records import Job
from splat_widgets.service.working import JobWorker


class Replica:
    """Loads the model of the plan, then does jobs; a job at a time, or as many as `workers`."""

    def __init__(self, plan: ClusterPlan) -> None:
        if not plan.gpus:
            import torch

            torch.set_num_threads(1)  # replicas share the cores of a machine
        self.metrics = ServiceMetrics()
        self.metrics.watch_machine()
        self._model = ServiceModel(plan.settings)
        self._model.load()
        self.metrics.watch_batches(lambda: self._model.halved_batches)
        self._settings = plan.settings
        self._store = store_at(plan.storage, plan.settings.lease_ttl)
        self._begun: dict[str, Callable[[], object]] = {}

    def describe(self) -> dict[str, Any]:
        """What doors tell of the model."""
        return self._model.describe() or {}

    async def do(self, id: str) -> AsyncIterator[str]:
        """Do the job of an id; says `BEGUN` when it is ours, and nothing if it is not.

        Who cancels it gets the job back: it waits again, and this run does not count.
        """
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()
        self._begun[id] = lambda: loop.call_soon_threadsafe(begun.set)
        worker = JobWorker(
            self._settings, self._store, self._model, self.metrics.job, self._begin
        )  # of this job alone, so that no other one is interrupted with it
        run = loop.run_in_executor(None, worker.run, id)
        said = loop.create_task(begun.wait())
        try:
            await asyncio.wait((run, said), return_when=asyncio.FIRST_COMPLETED)
            if begun.is_set():
                yield BEGUN
            await asyncio.shield(run)
        except (asyncio.CancelledError, GeneratorExit):
            worker.interrupt()
            raise
        finally:  # who asks may be gone: the replica is free when the thread is
            said.cancel()
            await asyncio.wait((run,))
            self._begun.pop(id, None)

    def _begin(self, job: Job) -> None:
        begun = self._begun.get(job.id)
        if begun is not None:
            begun()

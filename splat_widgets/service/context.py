"""The parts of one running service, for its routes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request

from splat_widgets.service.metrics import ServiceMetrics
from splat_widgets.service.problems import refuse
from splat_widgets.service.queues import JobQueue
from splat_widgets.service.records import Job, is_id
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.stores import Store


class ModelState(Protocol):
    """What a service tells of its model, wherever that is loaded."""

    @property
    def state(self) -> str: ...  # noqa: D102  "ready", "loading" or "failed"
    @property
    def error(self) -> str: ...  # noqa: D102
    def describe(self) -> dict[str, Any] | None: ...  # noqa: D102


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    request_id: str
    owner: str = ""  # whose token it is; empty where none is needed
    is_known: bool = True  # False: without a token, where one is needed


@dataclass(eq=False)
class Service:
    """A running service."""

    settings: ServiceSettings
    store: Store
    queue: JobQueue
    model: ModelState
    metrics: ServiceMetrics = field(default_factory=ServiceMetrics)
    leaving: threading.Event = field(default_factory=threading.Event)

    def job(self, id: str, caller: Caller) -> Job:
        """A job of the caller.

        Raises:
            Refused: if there is none; somebody else's is none.
        """
        job = self.store.jobs.get(id) if is_id(id) else None
        if job is None or job.owner != caller.owner:
            kept = spoken(self.settings.output_ttl)
            raise refuse("not_found", f"There is no job of this id; results are kept for {kept}")
        return job

    def view(self, job: Job) -> dict[str, Any]:
        """What the caller sees of a job."""
        expires = None if job.ended is None else job.ended + self.settings.output_ttl
        position = self.queue.position(job.id) if job.state == "queued" else None
        return job.public(position=position, expires=expires)

    def retry_after_s(self) -> int:
        """When to come again if the queue is full: about the time of the jobs that go on."""
        return 2 if self.settings.workers > 1 else 5


def spoken(seconds: int) -> str:
    """A time as it is said: 24 h, 90 min, 40 s."""
    for length, unit in ((3600, "h"), (60, "min")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def service_of(request: Request) -> Service:
    """The service that a request has come to."""
    return request.app.state.service


def caller_of(request: Request) -> Caller:
    """Who has sent a request."""
    return request.scope["splat_caller"]

"""A door: the application of the single service, whose jobs stand in the line of the cluster."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol

from fastapi import FastAPI

from splat_widgets.service.app import create_app
from splat_widgets.service.cluster.line import News
from splat_widgets.service.cluster.plan import ClusterPlan
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.cluster.totals import REPORT_S
from splat_widgets.service.metrics import Busy, ServiceMetrics
from splat_widgets.service.sweeping import Repeated

logger = logging.getLogger(__name__)
_NEWS_S = 0.3  # between looks at the line


class FarLine(Protocol):
    """The line as a door reaches it; every call may raise anything while the line begins anew."""

    def submit(self, id: str, again: bool) -> bool: ...  # noqa: D102
    def remove(self, id: str) -> bool: ...  # noqa: D102
    def news(self) -> News: ...  # noqa: D102
    def report(self, process: str, page: str) -> None: ...  # noqa: D102
    def metrics(self) -> bytes: ...  # noqa: D102


class Watcher:
    """A `JobQueue` and a `ModelState` that are elsewhere: knows the last news of the line."""

    def __init__(self, line: FarLine, limit: int) -> None:
        self.limit = limit
        self.last = News()
        self._line = line
        self._is_away = False  # as the last look has shown: requests do not wait for it then
        self._again = Repeated(self.look, _NEWS_S)
        self.start = self._again.start

    @property
    def waiting(self) -> int:
        """See `JobQueue`."""
        return len(self.last.waiting)

    @property
    def running(self) -> int:
        """See `JobQueue`."""
        return self.last.running

    def submit(self, id: str, *, again: bool = False) -> bool:
        """See `JobQueue`; a line that is away finds the record in the storage later."""
        if self._is_away:
            return True
        try:
            return self._line.submit(id, again)
        except Exception as error:
            logger.warning("the line is away: %s", type(error).__name__)
            return True

    def remove(self, id: str) -> bool:
        """See `JobQueue`; without the line, the replica that gets the job hears of the wish."""
        if self._is_away:
            return False
        try:
            return self._line.remove(id)
        except Exception as error:
            logger.warning("the line is away: %s", type(error).__name__)
            return False

    def position(self, id: str) -> int | None:
        """See `JobQueue`."""
        waiting = self.last.waiting
        return waiting.index(id) if id in waiting else None

    def stop(self, timeout_s: float) -> bool:
        """See `JobQueue`: jobs go on elsewhere."""
        self._again.stop()
        return True

    @property
    def state(self) -> str:
        """See `ModelState`."""
        return "ready" if self.last.model is not None and self.last.has_replicas else "loading"

    @property
    def error(self) -> str:
        """See `ModelState`: replicas whose model does not load are begun anew."""
        return ""

    def describe(self) -> dict[str, Any] | None:
        """See `ModelState`."""
        return self.last.model

    def look(self) -> None:
        """Get the news; a model that was there once is kept while the line begins anew."""
        try:
            news = self._line.news()
        except Exception as error:
            if not self._is_away:
                logger.warning("no news of the line: %s", type(error).__name__)
            self._is_away = True
            return
        self._is_away = False
        self.last = replace(news, model=news.model or self.last.model)


class DoorMetrics(ServiceMetrics):
    """Requests are counted here; the page has the numbers of all processes."""

    def __init__(self, line: FarLine, process: str) -> None:
        super().__init__()
        self._line = line
        self._process = process

    def watch(self, queue: Busy) -> None:
        """The line tells of the queue."""
        self.watch_machine()

    def report(self) -> None:
        """Tell the line."""
        self._line.report(self._process, super().text().decode())

    def text(self) -> bytes:
        """See `ServiceMetrics`; those of this door alone while the line begins anew."""
        try:
            self.report()
            return self._line.metrics()
        except Exception as error:
            logger.warning("the line is away: %s", type(error).__name__)
            return super().text()


def door_app(plan: ClusterPlan, line: FarLine, process: str) -> FastAPI:
    """The application of a door.

    Args:
        plan: of the cluster.
        line: that jobs are put into.
        process: a name for this door, for metrics.
    """
    store = store_at(plan.storage, plan.settings.lease_ttl)
    watcher = Watcher(line, plan.settings.queue_limit)
    metrics = DoorMetrics(line, process)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        def leave_with_the_line() -> None:
            if watcher.last.is_leaving:
                app.state.service.leaving.set()

        background = (
            watcher,
            Repeated(metrics.report, REPORT_S),
            Repeated(leave_with_the_line, _NEWS_S),
        )
        for part in background:
            part.start()
        yield
        app.state.service.leaving.set()
        watcher.stop(0)
        for part in background[1:]:
            part.stop()

    return create_app(
        plan.settings, store, watcher, model=watcher, metrics=metrics, lifespan=lifespan
    )

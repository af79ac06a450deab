"""The plan of a cluster as an application of Ray Serve: doors, one line, replicas.

    requests → door (FastAPI) → line (order, bound) → replica (model)
                    └───────────── storage ───────────────┘

Serve begins each of them anew if it dies, and makes as many replicas as the line keeps busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from splat_widgets.service.cluster.door import door_app
from splat_widgets.service.cluster.line import GIVE_BACK_S, Line, News
from splat_widgets.service.cluster.lines import log_lines
from splat_widgets.service.cluster.plan import DOOR, LINE, REPLICA, ClusterPlan, replicas_of
from splat_widgets.service.cluster.replica import Replica
from splat_widgets.service.cluster.storage import store_at
from splat_widgets.service.cluster.totals import REPORT_S, Totals
from splat_widgets.service.metrics import ServiceMetrics
from splat_widgets.service.model import ServiceModel
from splat_widgets.service.server import MOST_CONNECTIONS
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.sweeping import Repeated, Sweeper
from splat_widgets.service.working import JobWorker

_ANSWER_S, _REPORT_S = 3.0, 1.0  # of the line
_REQUEST_ID = "x-request-id"
_UP_S, _DOWN_S = 2.0, 120.0  # a queue lasts so long before replicas come, or go
QUIET = {"enable_access_log": False, "log_level": "WARNING"}  # paths hold ids of jobs


def application(plan: ClusterPlan) -> Any:
    """What `serve.run` takes."""
    from ray import serve  # pyright: ignore[reportMissingImports]

    def build() -> FastAPI:
        context = serve.get_replica_context()
        line = LineByHandle(serve.get_deployment_handle(LINE, app_name=context.app_name))
        log_lines(plan.lines)
        app = door_app(plan, line, f"{DOOR}-{context.replica_tag}")
        app.add_middleware(_OneRequestId)
        return app

    leave_s = plan.settings.shutdown_timeout
    known: dict[str, Any] = {
        "logging_config": QUIET,
        "health_check_period_s": 2,
        "health_check_timeout_s": max(10, plan.settings.lease_ttl),
    }
    least, most = plan.replicas
    replica = serve.deployment(
        name=REPLICA,
        ray_actor_options={"num_cpus": 1, "num_gpus": plan.gpus},
        max_ongoing_requests=plan.settings.workers,
        autoscaling_config={
            "min_replicas": least,
            "max_replicas": most,
            "target_ongoing_requests": plan.settings.workers,
            "upscale_delay_s": _UP_S,
            "downscale_delay_s": _DOWN_S,
        },
        graceful_shutdown_timeout_s=plan.settings.job_ttl,  # one too many ends its job first
        **known,
    )(ReplicaOnRay).bind(plan)
    line = serve.deployment(
        name=LINE,
        num_replicas=1,
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=1000,
        graceful_shutdown_timeout_s=leave_s + GIVE_BACK_S + _ANSWER_S,
        **known,
    )(LineOnRay).bind(plan, replica)
    door = serve.deployment(
        name=DOOR,
        num_replicas=plan.doors,
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=MOST_CONNECTIONS,
        graceful_shutdown_timeout_s=leave_s,
        **known,
    )(serve.ingress(build)())
    return door.bind(line)


def build(arguments: Mapping[str, Any]) -> Any:
    """For a Serve config file: `import_path: splat_widgets.service.cluster.deploying:build`.

    Args:
        arguments: `storage`, `replicas` ("1:8"), `doors`, `gpus` (of each replica) and any setting
            of the service; its environment variables count too, so that tokens stay in a secret.
    """
    given = dict(arguments)
    storage = given.pop("storage", None)
    if storage is None:
        raise ValueError("expected args with a storage that all nodes reach, such as s3://bucket/a")
    replicas = replicas_of(str(given.pop("replicas", "1")))
    doors, gpus = int(given.pop("doors", 1)), int(given.pop("gpus", 0))
    # Serve's own proxy listens, on all addresses of its node: a token is needed as for those.
    settings = ServiceSettings.resolve(**{"host": "0.0.0.0", **given})
    return application(ClusterPlan(settings, storage, replicas, doors, gpus))


class ReplicaOnRay(Replica):
    """Tells the line of its numbers, too."""

    def __init__(self, plan: ClusterPlan) -> None:
        from ray import serve  # pyright: ignore[reportMissingImports]

        log_lines(plan.lines)
        super().__init__(plan)
        context = serve.get_replica_context()
        line = LineByHandle(serve.get_deployment_handle(LINE, app_name=context.app_name))
        name = f"{REPLICA}-{context.replica_tag}"
        Repeated(lambda: line.report(name, self.metrics.text().decode()), REPORT_S).start()


class LineOnRay:
    """The line, with what there is once in a service: sweeps, and the page of metrics."""

    async def __init__(self, plan: ClusterPlan, replicas: Any) -> None:
        log_lines(plan.lines)
        store = store_at(plan.storage, plan.settings.lease_ttl)
        settings = self._settings = plan.settings
        hand_out = replicas.options(method_name="do", stream=True).remote
        self._line = Line(store, settings.queue_limit, hand_out, replicas.describe.remote)
        self._owner = plan.owner
        self._totals, self._metrics = Totals(), ServiceMetrics()
        self._metrics.watch(self._line)
        worker = JobWorker(settings, store, ServiceModel(settings), self._metrics.job)
        self._sweeper = Sweeper(settings, store, self._line.remove, worker.end)
        self._sweeper.start()
        self._line.start()

    async def submit(self, id: str, again: bool) -> bool:
        """See `Line`."""
        return self._line.submit(id, again=again)

    async def remove(self, id: str) -> bool:
        """See `Line`."""
        return self._line.remove(id)

    async def news(self) -> News:
        """See `Line`."""
        return self._line.news()

    async def leave(self, timeout_s: float) -> bool:
        """See `Line`."""
        return await self._line.leave(timeout_s)

    async def __del__(self) -> None:
        """Serve calls this when the service is taken away, by whomever: jobs are given back."""
        if not self._line.news().is_leaving:
            await self._line.leave(self._settings.shutdown_timeout)

    async def owner(self) -> str:
        """Of the plan."""
        return self._owner

    async def report(self, process: str, page: str) -> None:
        """Numbers of a process."""
        if process.startswith(REPLICA):
            self._line.heard()
        self._totals.report(process, page)

    async def metrics(self) -> bytes:
        """Numbers of all of them."""
        self._totals.report(LINE, self._metrics.text().decode())
        return self._totals.text()


class _OneRequestId:
    """Serve gives requests an id where there is none, and answers it: so we need not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get(_REQUEST_ID) if scope["type"] == "http" else None

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.start" and given is not None:
                headers = MutableHeaders(scope=message)
                if headers.get(_REQUEST_ID) == given:
                    del headers[_REQUEST_ID]
            await send(message)

        await self._app(scope, receive, bare)


class LineByHandle:
    """A `FarLine` of threads."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def submit(self, id: str, again: bool) -> bool:
        """See `FarLine`."""
        return self._handle.submit.remote(id, again).result(timeout_s=_ANSWER_S)

    def remove(self, id: str) -> bool:
        """See `FarLine`."""
        return self._handle.remove.remote(id).result(timeout_s=_ANSWER_S)

    def news(self) -> News:
        """See `FarLine`."""
        return self._handle.news.remote().result(timeout_s=_ANSWER_S)

    def leave(self, timeout_s: float) -> bool:
        """See `Line`."""
        most_s = timeout_s + GIVE_BACK_S + _ANSWER_S
        return self._handle.leave.remote(timeout_s).result(timeout_s=most_s)

    def owner(self) -> str:
        """See `ClusterPlan`."""
        return self._handle.owner.remote().result(timeout_s=_ANSWER_S)

    def report(self, process: str, page: str) -> None:
        """See `FarLine`; one that is lost is followed by the next."""
        with suppress(Exception):
            self._handle.report.remote(process, page).result(timeout_s=_REPORT_S)

    def metrics(self) -> bytes:
        """See `FarLine`."""
        return self._handle.metrics.remote().result(timeout_s=_ANSWER_S)

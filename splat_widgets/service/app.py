"""The application, and its parts for one machine."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from splat_widgets.models.predictor import Predictor
from splat_widgets.service import api, watching
from splat_widgets.service.accepting import Acceptor
from splat_widgets.service.context import ModelState, Service, caller_of
from splat_widgets.service.guard import Envelope, Guard, answer
from splat_widgets.service.metrics import ServiceMetrics
from splat_widgets.service.model import ServiceModel
from splat_widgets.service.problems import Problem, Refused, problem_of
from splat_widgets.service.queues import JobQueue, ThreadQueue
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.stores import Store, locked
from splat_widgets.service.sweeping import Repeated, Sweeper, recover, relieve
from splat_widgets.service.working import JobWorker
from splat_widgets.version import __version__

_NOTHING = (
    "There is nothing at this address; photos go to POST /api/generate-splat, and "
    "GET /openapi.json describes all addresses"
)
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows has no EDQUOT
FOLDER = "service"
"""Below the folder for outputs."""


def create_app(
    settings: ServiceSettings,
    store: Store,
    queue: JobQueue,
    *,
    model: ModelState,
    metrics: ServiceMetrics | None = None,
    lifespan: Any = None,
) -> FastAPI:
    """The application over a store and a queue; it does no jobs itself.

    Args:
        settings: of the service.
        store: of jobs and files.
        queue: that jobs are put into.
        model: what to tell of the model.
        metrics: that the workers count in too.
        lifespan: as FastAPI takes it.
    """
    metrics = metrics or ServiceMetrics()
    service = Service(settings, store, queue, model, metrics)
    metrics.watch(queue)
    app = FastAPI(
        title="splat_widgets",
        version=__version__,
        description="Photos to 3D Gaussians.",
        lifespan=lifespan,
        docs_url=None,  # they load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # an answer that says nothing
    )
    app.state.service = service
    app.state.acceptor = Acceptor(service)
    app.include_router(api.router)
    app.include_router(watching.router)
    _answer_with_problems(app, service)
    app.add_middleware(Guard, service=service)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=["GET", "HEAD", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Range", "X-Request-Id"],
        expose_headers=["Content-Range", "ETag", "Location", "Retry-After", "X-Request-Id"],
    )
    app.add_middleware(Envelope, service=service)  # outermost
    return app


def local_app(
    settings: ServiceSettings, *, store: Store | None = None, predictor: Predictor | None = None
) -> FastAPI:
    """The service of one machine: a folder, threads that share one model, and the application.

    Args:
        settings: of the service.
        store: where to keep jobs; None: a folder below the one for outputs.
        predictor: a loaded model; None: the one of the settings.

    Raises:
        OSError: if another service keeps its jobs in the folder below the one for outputs.
    """
    lock = None
    if store is None:
        folder = settings.kernel.output_dir / FOLDER
        lock = locked(folder)  # before a predecessor's scratch is removed
        store = Store.in_folder(folder)
    metrics, model = ServiceMetrics(), ServiceModel(settings, predictor)
    metrics.watch_batches(lambda: model.halved_batches)
    worker = JobWorker(settings, store, model, metrics.job)
    queue = ThreadQueue(worker.run, limit=settings.queue_limit, workers=settings.workers)
    sweeper = Sweeper(settings, store, queue.remove, worker.end)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        model.begin()
        recover(store, queue)
        queue.start()
        background: list[Sweeper | Repeated] = [sweeper]
        if store.turns.ttl is not None:
            background.append(Repeated(partial(relieve, store, queue), store.turns.ttl / 2))
        for part in background:
            part.start()
        yield
        app.state.service.leaving.set()
        for part in background:
            part.stop()
        stop = partial(_stop, queue, worker, settings.shutdown_timeout)
        await anyio.to_thread.run_sync(stop)
        store.close()
        if lock is not None:
            lock.release()

    return create_app(settings, store, queue, model=model, metrics=metrics, lifespan=lifespan)


def _stop(queue: JobQueue, worker: JobWorker, timeout_s: float) -> None:
    """Wait for the jobs that go on; what takes longer begins anew with the next service."""
    if not queue.stop(timeout_s):
        worker.interrupt()
        queue.stop(5.0)


def _answer_with_problems(app: FastAPI, service: Service) -> None:
    """Every error is a problem, with one sentence."""

    def told(request: Request, problem: Problem, allow: str = "") -> Response:
        service.metrics.problem(problem.kind)
        return answer(problem, caller_of(request).request_id, allow)

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return told(request, error.problem)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][1:])
        return told(request, Problem.of("options", f"The parameter {name!r}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        allow = (error.headers or {}).get("Allow", "")
        if error.status_code == 404:
            return told(request, Problem.of("not_found", _NOTHING))
        detail = f"{error.detail}."
        if allow:
            method = request.method if request.method.isalpha() else "this method"
            detail = f"Expected {' or '.join(allow.split(', '))} at this address, got {method}."
        return told(request, Problem("request", detail, error.status_code), allow)

    @app.exception_handler(OSError)
    async def full(request: Request, error: OSError) -> Response:
        if error.errno not in _FULL:
            raise error
        return told(request, problem_of(error))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        return told(
            request, Problem.of("internal", "An internal error; the service's log has the details")
        )

"""The routes: jobs, their events and results."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from splat_widgets.service.accepting import Acceptor
from splat_widgets.service.context import Caller, Service, caller_of, service_of
from splat_widgets.service.examples import DOCS, REQUEST_BODY
from splat_widgets.service.guard import answer
from splat_widgets.service.logs import log_job
from splat_widgets.service.outputs import MEDIA_TYPES, ensure, key_of, pieces
from splat_widgets.service.problems import Problem, Refused, refuse
from splat_widgets.service.records import Job

_HEARTBEAT_S = 10.0  # without news, an empty line tells that the line is alive
_CANCEL_S = 0.9  # a cancelled run ends within a second, as a rule
# A page is code of ours around somebody's photos: it may draw, and nothing else.
_PAGE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' blob:; "
    "worker-src blob:; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'none'"
)
router = APIRouter(prefix="/api")
InService = Annotated[Service, Depends(service_of)]
ByCaller = Annotated[Caller, Depends(caller_of)]
Id = Annotated[str, InPath(description="Of the job.", max_length=64)]


@router.post("/generate-splat", status_code=202, openapi_extra=REQUEST_BODY, **DOCS["generate"])
async def generate_splat(
    request: Request,
    service: InService,
    caller: ByCaller,
    wait: Annotated[bool, Query(description="Answer with the finished file.")] = False,
) -> Response:
    """Make a scene of photos: 202 with the job's id, or with wait=true the finished file."""
    acceptor: Acceptor = request.app.state.acceptor
    job = await acceptor.accept(request, caller)
    place = {"Location": f"/api/jobs/{job.id}"}
    if not wait:
        return JSONResponse(service.view(job), 202, place)
    try:
        job = await _ended(request, service, job)
    except asyncio.CancelledError:
        await asyncio.to_thread(_stop, service, job)
        raise
    if job.problem is not None:
        raise Refused(job.problem)
    return await _file(request, service, job, job.options.format, place)


@router.get("/jobs/{id}", **DOCS["job"])
def job(id: Id, service: InService, caller: ByCaller) -> JSONResponse:
    """Where a job is: stage, progress, times, and the photos' verdict once it is done."""
    return JSONResponse(service.view(service.job(id, caller)))


@router.get("/jobs/{id}/events", **DOCS["events"])
async def job_events(
    id: Id, request: Request, service: InService, caller: ByCaller
) -> StreamingResponse:
    """The job at every change as server-sent events: `progress`, and `end` as the last one."""
    known = await asyncio.to_thread(service.job, id, caller)
    return StreamingResponse(_events(service, known), media_type="text/event-stream")


@router.delete("/jobs/{id}", **DOCS["cancel"])
async def cancel(id: Id, service: InService, caller: ByCaller) -> JSONResponse:
    """Cancel a job; one that has ended stays as it is. Its photos are deleted."""
    known = await asyncio.to_thread(service.job, id, caller)
    await asyncio.to_thread(_stop, service, known)
    until = time.monotonic() + _CANCEL_S
    while True:
        known = await asyncio.to_thread(service.job, id, caller)
        if known.is_over or time.monotonic() > until:
            return JSONResponse(service.view(known), 200 if known.is_over else 202)
        await asyncio.sleep(0.03)


@router.head("/outputs/{id}", include_in_schema=False)
@router.get("/outputs/{id}", **DOCS["output"])
async def output(
    id: Id,
    request: Request,
    service: InService,
    caller: ByCaller,
    format: Annotated[str, Query(description=f"One of {', '.join(MEDIA_TYPES)}.")] = "ply",
) -> Response:
    """A finished scene as a file; takes range requests."""
    known = await asyncio.to_thread(service.job, id, caller)
    if known.problem is not None:
        raise Refused(known.problem)
    if not known.is_over:
        raise refuse("not_found", "This job has no result yet", 2)
    if format not in MEDIA_TYPES:
        formats = ", ".join(MEDIA_TYPES)
        raise refuse("not_found", f"Expected a format out of {formats}, got {format[:40]!r}")
    return await _file(request, service, known, format)


def _stop(service: Service, job: Job) -> None:
    """Stop a job wherever it is; one that still waits ends here."""
    if job.is_over:
        return
    service.store.jobs.ask_to_stop(job.id)
    if service.queue.remove(job.id):
        ended = job.failed(Problem.of("cancelled", "The run was cancelled"))
        try:
            is_end = service.store.jobs.put(ended)
        except OSError:  # on a full disk: a worker ends it, and tries again
            service.queue.submit(job.id, again=True)
            return
        if is_end:  # first of all: without photos it could not begin anew
            service.store.objects.delete(f"photos/{job.id}")
            log_job(ended)
            service.metrics.job(ended)


async def _ended(request: Request, service: Service, job: Job) -> Job:
    """The job once it has ended; it is cancelled if the caller goes away."""
    while True:
        known = await asyncio.to_thread(service.store.jobs.get, job.id)
        if known is None:
            raise refuse("expired", "The job is gone")
        if known.is_over:
            return known
        if service.leaving.is_set():
            raise refuse("not_ready", f"The service is being stopped; job {job.id} goes on", 10)
        if await request.is_disconnected():
            await asyncio.to_thread(_stop, service, known)
        await asyncio.sleep(service.store.look_s / 2)


async def _events(service: Service, job: Job) -> AsyncIterator[str]:
    told, told_s, number = "", time.monotonic(), 0
    while True:
        text = json.dumps(service.view(job))
        if text != told:
            number += 1
            name = "end" if job.is_over else "progress"
            told, told_s = text, time.monotonic()
            yield f"id: {number}\nevent: {name}\ndata: {text}\n\n"
        elif time.monotonic() - told_s > _HEARTBEAT_S:
            told_s = time.monotonic()
            yield ": still here\n\n"
        if job.is_over or service.leaving.is_set():
            return
        await asyncio.sleep(service.store.look_s)
        known = await asyncio.to_thread(service.store.jobs.get, job.id)
        if known is None:
            return
        job = known


async def _file(
    request: Request, service: Service, job: Job, form: str, headers: dict[str, str] | None = None
) -> Response:
    size = await asyncio.to_thread(ensure, service.store, job, form)
    tag = f'"{job.id[:16]}-{form}-{size}"'
    known: dict[str, Any] = {
        **(headers or {}),
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Content-Disposition": f'attachment; filename="scene.{form}"',
    }
    if form == "html":
        known |= {"Content-Disposition": "inline", "Content-Security-Policy": _PAGE_POLICY}
    wanted = request.headers.get("range", "")
    span = None
    if request.headers.get("if-range", tag) == tag and wanted and request.method == "GET":
        span = _span(wanted, size)
        if span == (0, 0):
            return _beyond(request, service, size)
    first, count = span or (0, size)
    known["Content-Length"] = str(count)
    if span is not None:
        known["Content-Range"] = f"bytes {first}-{first + count - 1}/{size}"
    if request.method == "HEAD":
        return Response(headers=known, media_type=MEDIA_TYPES[form])
    file = await asyncio.to_thread(service.store.objects.open, key_of(job, form))
    return _FileAnswer(file, (first, count), 200 if span is None else 206, known, MEDIA_TYPES[form])


def _beyond(request: Request, service: Service, size: int) -> Response:
    """The answer to a range that the file does not have."""
    problem = Problem("request", f"The file has {size} bytes, none of them in this range.", 416)
    service.metrics.problem(problem.kind)
    told = answer(problem, caller_of(request).request_id)
    told.headers["Content-Range"] = f"bytes */{size}"
    return told


class _FileAnswer(StreamingResponse):
    """A part of a file; it is closed also when the line is lost."""

    def __init__(self, file: BinaryIO, span: tuple[int, int], *args: Any) -> None:
        super().__init__(pieces(file, *span), *args)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _span(text: str, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes of a range; (0, 0): none of it; None: not understood."""
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many bytes
        count = min(int(found[2]), size)
        return (size - count, count) if count else (0, 0)
    first = int(found[1])
    last = min(int(found[2]) if found[2] else size - 1, size - 1)
    if found[2] and int(found[2]) < first:
        return None
    return (first, last - first + 1) if first < size else (0, 0)

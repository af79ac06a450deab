"""From a request to a job that waits: its photos are checked first, and kept before it is one."""

from __future__ import annotations

import asyncio
import re
import secrets
import time

from starlette.requests import Request

from splat_widgets.jobs.explain import explain
from splat_widgets.photos.opening import decode
from splat_widgets.photos.source import PhotoError
from splat_widgets.service import traces
from splat_widgets.service.context import Caller, Service
from splat_widgets.service.options import options_of
from splat_widgets.service.problems import Refused, photo_problem, refuse
from splat_widgets.service.records import Job, Options, StoredPhoto, id_of_key
from splat_widgets.service.uploads import Limits, ReceivedPhoto, Upload, receiving

MOST_UPLOADS = 8  # at once
IDEMPOTENCY_KEY = "idempotency-key"
_KEY = re.compile(r"[A-Za-z0-9_\-]{16,128}")
_decoding = asyncio.Semaphore(1)  # a large photo takes a gigabyte for a moment


class Acceptor:
    """Takes requests of one service in."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._uploads = 0

    async def accept(self, request: Request, caller: Caller) -> Job:
        """The job of a request; an earlier one if the request is sent again with its key.

        Raises:
            Refused: if the request cannot be taken.
        """
        service = self._service
        id = _id(request, caller)
        self._check_room()
        limits = Limits(
            photos=_most_photos(service),
            photo_bytes=service.settings.kernel.max_file_size,
            total_bytes=service.settings.max_upload_size,
            seconds=service.settings.upload_timeout,
        )
        self._uploads += 1
        service.metrics.uploading(1)
        try:
            async with receiving(request, limits, service.store.scratch) as upload:
                options = _options(upload, limits.photos)
                known = await asyncio.to_thread(service.store.jobs.get, id)
                if known is not None:
                    return known
                for photo in upload.photos:
                    async with _decoding:
                        await asyncio.to_thread(_check, photo, limits.photo_bytes)
                trace = traces.carried(request.headers)
                return await asyncio.to_thread(self._enter, id, upload, options, caller, trace)
        finally:
            self._uploads -= 1
            service.metrics.uploading(-1)

    def _check_room(self) -> None:
        service = self._service
        if service.leaving.is_set():
            raise refuse("not_ready", "The service is being stopped; try again soon", 10)
        if service.model.state == "failed":
            raise refuse("model", f"The service has no model: {service.model.error}")
        if service.model.state != "ready":
            raise refuse("not_ready", "The service still loads its model; try again soon", 3)
        if service.queue.waiting >= service.queue.limit:
            raise self._full()
        if self._uploads >= MOST_UPLOADS:
            raise refuse("queue_full", "Too many photos are arriving at once; try again soon", 2)

    def _full(self) -> Exception:
        waiting = self._service.queue.waiting
        text = f"The queue is full: {waiting} jobs wait; try again soon"
        return refuse("queue_full", text, self._service.retry_after_s())

    def _enter(self, id: str, upload: Upload, options: Options, caller: Caller, trace: str) -> Job:
        """Keep the photos, then the record, then queue it: in that order nothing is lost."""
        store = self._service.store
        photos = []
        with traces.span("splat storage", files="photos", way="put"):
            for number, photo in enumerate(upload.photos):
                key = f"photos/{id}/{number}"
                store.objects.put(key, photo.path)
                photos.append(StoredPhoto(key, photo.name, photo.size))
        job = Job(
            id=id,
            owner=caller.owner,
            request_id=caller.request_id,
            created=time.time(),
            options=options,
            photos=tuple(photos),
            trace=trace,
        )
        if not store.jobs.create(job):
            known = store.jobs.get(id)
            return job if known is None else known
        return job if self._service.queue.submit(id) else self._withdrawn(job)

    def _withdrawn(self, job: Job) -> Job:
        """The queue is full: the job goes, unless another service of the storage has begun it.

        Raises:
            Refused: if it goes.
        """
        store = self._service.store
        with store.turns.taken(job) as turn:
            known = store.jobs.get(job.id)
            if turn is None or (known is not None and known.is_over):
                return known or job
            store.objects.delete(f"photos/{job.id}")
            store.jobs.delete(job.id)
        raise self._full()


def _most_photos(service: Service) -> int:
    of_model = (service.model.describe() or {}).get("max_photos")
    most = service.settings.kernel.max_images
    return most if of_model is None else min(most, of_model)


def _id(request: Request, caller: Caller) -> str:
    """A new id, or the one that belongs to the key: a request that is sent again makes one job."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None:
        return secrets.token_hex(16)
    if not _KEY.fullmatch(key):
        raise refuse(
            "request", "Expected an Idempotency-Key of 16 to 128 random letters and digits"
        )
    return id_of_key(caller.owner, key)


def _options(upload: Upload, most: int) -> Options:
    try:
        return options_of(upload.fields, len(upload.photos), most)
    except (ValueError, TypeError) as error:
        raise refuse("options", explain(ValueError(str(error)))) from error


def _check(photo: ReceivedPhoto, max_bytes: int) -> None:
    """Decode it once, as the panel does: a bad photo is refused now, not when its turn comes."""
    try:
        decode(photo.path.read_bytes(), name=photo.name, max_bytes=max_bytes)
    except PhotoError as error:
        raise Refused(photo_problem(error)) from error

"""The routes for who watches a service: health and metrics."""

from __future__ import annotations

import shutil
from typing import Any

import psutil
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from splat_widgets.jobs.totals import gpus
from splat_widgets.service import API_VERSION
from splat_widgets.service.api import ByCaller, InService
from splat_widgets.service.context import Service
from splat_widgets.service.examples import DOCS
from splat_widgets.version import __version__

router = APIRouter()
_LEAST_DISK = 256 * 10**6  # free bytes with which results can still be written


@router.head("/health", include_in_schema=False)
@router.get("/health", **DOCS["health"])
def health(service: InService, caller: ByCaller) -> JSONResponse:
    """Whether the service is ready, and with a token what it has: model, memory, disk, queue."""
    store = service.store
    free = min(shutil.disk_usage(f).free for f in (store.scratch, store.folder) if f is not None)
    status = _status(service, free)
    code = 200 if status == "ready" else 503
    if not caller.is_known:
        return JSONResponse({"status": status}, code)
    return JSONResponse({"status": status, **_details(service, free)}, code)


@router.get("/metrics", **DOCS["metrics"])
def metrics(service: InService) -> Response:
    """Times, errors, queue, memory and GPUs in the format of Prometheus."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _status(service: Service, free: int) -> str:
    if service.leaving.is_set():
        return "stopping"
    if free < _LEAST_DISK:
        return "disk full"
    return service.model.state


def _details(service: Service, free: int) -> dict[str, Any]:
    machine = psutil.virtual_memory()
    kernel = service.settings.kernel
    return {
        "version": __version__,
        "api": API_VERSION,
        "model": service.model.describe(),
        "error": service.model.error,
        "limits": {
            "max_images": kernel.max_images,
            "max_file_size": kernel.max_file_size,
            "max_upload_size": service.settings.max_upload_size,
            "image_size": kernel.image_size,
        },
        "memory": {
            "process_bytes": psutil.Process().memory_info().rss,
            "available_bytes": machine.available,
            "total_bytes": machine.total,
        },
        "gpus": [
            {"name": g.name, "used_bytes": g.used_bytes, "total_bytes": g.total_bytes}
            for g in gpus()
        ],
        "disk": {"free_bytes": free},
        "queue": {
            "waiting": service.queue.waiting,
            "running": service.queue.running,
            "limit": service.queue.limit,
        },
    }

"""Numbers of a service for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from splat_widgets.jobs.totals import gpus
from splat_widgets.service.records import Job

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)


class Busy(Protocol):
    """What has jobs."""

    @property
    def waiting(self) -> int: ...  # noqa: D102
    @property
    def running(self) -> int: ...  # noqa: D102


class ServiceMetrics:
    """Counts and times of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "splat_request_seconds",
            "Time to the last byte of an answer.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._jobs = Histogram(
            "splat_job_seconds",
            "Time of a job from its acceptance to its end.",
            ("outcome",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._waits = Histogram(
            "splat_job_wait_seconds",
            "Time of a job in the queue.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "splat_stage_seconds",
            "Time of a stage of a run.",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._errors = Counter(
            "splat_errors", "Problems by kind.", ("kind",), registry=self._registry
        )
        self._uploads = Gauge(
            "splat_uploads", "Requests whose photos are arriving.", registry=self._registry
        )

    def watch(self, queue: Busy) -> None:
        """Tell how many jobs wait, too."""
        gauge = Gauge("splat_jobs", "Jobs at this moment.", ("state",), registry=self._registry)
        gauge.labels("queued").set_function(lambda: queue.waiting)
        gauge.labels("running").set_function(lambda: queue.running)
        self.watch_machine()

    def watch_machine(self) -> None:
        """Tell of memory and GPUs, too."""
        self._registry.register(_Machine())

    def watch_batches(self, halved: Callable[[], int]) -> None:
        """Tell how many batches the memory did not hold, too."""
        self._registry.register(_Batches(halved))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def problem(self, kind: str) -> None:
        """A request was refused, or a job has failed."""
        self._errors.labels(kind).inc()

    def uploading(self, change: int) -> None:
        """An upload has begun (1) or ended (-1)."""
        self._uploads.inc(change)

    def job(self, job: Job) -> None:
        """A job has ended."""
        ended = job.created if job.ended is None else job.ended
        self._jobs.labels(job.state).observe(max(0.0, ended - job.created))
        if job.started is not None:
            self._waits.observe(max(0.0, job.started - job.created))
        if job.state == "done":
            for stage in job.stages:
                self._stages.labels(stage.name).observe(stage.seconds)
        if job.problem is not None:
            self.problem(job.problem.kind)

    def text(self) -> bytes:
        """All of it, in the format of Prometheus."""
        return generate_latest(self._registry)


class _Batches:
    """Batches on the device, looked up when asked for."""

    def __init__(self, halved: Callable[[], int]) -> None:
        self._halved = halved

    def collect(self) -> list[CounterMetricFamily]:
        """The counters."""
        halved = CounterMetricFamily(
            "splat_halved_batches", "Batches of jobs that the device's memory did not hold."
        )
        halved.add_metric([], self._halved())
        return [halved]


class _Machine:
    """Memory and GPUs, looked up when asked for."""

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges."""
        memory = GaugeMetricFamily("splat_memory_bytes", "Memory of this process.")
        memory.add_metric([], psutil.Process().memory_info().rss)
        used = GaugeMetricFamily("splat_gpu_memory_bytes", "Used on a GPU.", labels=["gpu"])
        busy = GaugeMetricFamily("splat_gpu_busy", "Share of the last second.", labels=["gpu"])
        for number, gpu in enumerate(gpus()):
            used.add_metric([str(number)], gpu.used_bytes)
            if gpu.busy is not None:
                busy.add_metric([str(number)], gpu.busy)
        return [memory, used, busy]

"""Metrics of all processes of a cluster as one page, each line with the process that it is of."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

REPORT_S = 5.0
"""Between two reports of a process."""
_GONE_S = 60.0


class Totals:
    """The last report of every process."""

    def __init__(self) -> None:
        self._reports: dict[str, tuple[float, str]] = {}  # process -> when, s, and its page
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def report(self, process: str, page: str) -> None:
        """Keep the page of a process, in the format of Prometheus."""
        self._reports[process] = (time.monotonic(), page)

    def text(self) -> bytes:
        """All pages, in that format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing is known before it is reported."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The families of metrics, with samples of all processes that were heard of lately."""
        families: dict[str, Metric] = {}
        for process, (told_s, page) in list(self._reports.items()):
            if time.monotonic() - told_s > _GONE_S:
                del self._reports[process]
                continue
            for found in text_string_to_metric_families(page):
                family = families.setdefault(
                    found.name, Metric(found.name, found.documentation, found.type)
                )
                for sample in found.samples:
                    labels = {**sample.labels, "process": process}
                    family.samples.append(sample._replace(labels=labels))
        return families.values()

"""Traces, if the API of OpenTelemetry is installed; which exporter gets them is up to the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

try:
    from opentelemetry import propagate, trace
except ImportError:
    propagate = trace = None


@contextmanager
def span(name: str, parent: str = "", **attributes: str) -> Iterator[None]:
    """A span of the work in a `with`.

    Args:
        name: of the span.
        parent: a W3C `traceparent`, for work that another process or thread asked for.
        attributes: short words; no names of users.
    """
    if trace is None or propagate is None:
        yield
        return
    context = propagate.extract({"traceparent": parent}) if parent else None
    tracer = trace.get_tracer("splat_widgets")
    with tracer.start_as_current_span(name, context=context, attributes=attributes):
        yield


def carried(headers: Mapping[str, str]) -> str:
    """The `traceparent` for work that follows: of the current span, else of a request's headers."""
    if propagate is not None:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        if "traceparent" in carrier:
            return carrier["traceparent"]
    return headers.get("traceparent", "")[:128]

"""Traces, if the API of OpenTelemetry is installed; which exporter gets them is up to the host.

A request is a span; the job that it makes is a child of it, in whatever process it is done, with
its time in the queue beside it and its stages and files below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

try:
    from opentelemetry import propagate, trace
except ImportError:
    propagate = trace = None


@contextmanager
def span(name: str, parent: str = "", **attributes: str) -> Iterator[None]:
    """A span of the work in a `with`.

    Args:
        name: of the span.
        parent: a W3C `traceparent`, for work that another process or thread asked for; empty: the
            current span.
        attributes: short words; no names of users.
    """
    if trace is None:
        yield
        return
    tracer = trace.get_tracer("splat_widgets")
    with tracer.start_as_current_span(name, context=_context(parent), attributes=attributes):
        yield


def past(name: str, began: float, ended: float, parent: str = "", **attributes: str) -> None:
    """A span of work that is over; times are seconds since 1970, the rest as in `span`."""
    if trace is None:
        return
    tracer = trace.get_tracer("splat_widgets")
    start, end = (round(1e9 * time) for time in (began, max(began, ended)))
    tracer.start_span(name, context=_context(parent), attributes=attributes, start_time=start).end(
        end
    )


def note(**attributes: str) -> None:
    """Add to the current span."""
    if trace is not None:
        trace.get_current_span().set_attributes(attributes)


def carried(headers: Mapping[str, str]) -> str:
    """The `traceparent` for work that follows: of the current span, else of a request's headers."""
    if propagate is not None:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        if "traceparent" in carrier:
            return carrier["traceparent"]
    return headers.get("traceparent", "")[:128]


def _context(parent: str) -> Any:
    if not parent or propagate is None:
        return None
    return propagate.extract({"traceparent": parent})

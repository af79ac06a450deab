"""Errors as problem details (RFC 9457), with the sentences that the panels show."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from splat_widgets.jobs.explain import OUT_OF_MEMORY, explain, sentence
from splat_widgets.photos.source import PhotoError
from splat_widgets.reconstruction import Cancelled, NonFiniteError

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:splat-widgets:problem:"

Kind = Literal[
    "photo",
    "photos",
    "options",
    "request",
    "too_large",
    "too_slow",
    "token",
    "origin",
    "host",
    "not_found",
    "not_ready",
    "queue_full",
    "too_many",
    "cancelled",
    "expired",
    "lost",
    "memory",
    "disk",
    "model",
    "internal",
]
"""What went wrong, for programs and for metrics; the sentence is for people."""

STATUS: dict[str, int] = {
    "photo": 422,
    "photos": 422,
    "options": 422,
    "request": 400,
    "too_large": 413,
    "too_slow": 408,
    "token": 401,
    "origin": 403,
    "host": 421,
    "not_found": 404,
    "not_ready": 503,
    "queue_full": 429,
    "too_many": 429,
    "cancelled": 409,
    "expired": 410,
    "lost": 500,
    "memory": 507,
    "disk": 507,
    "model": 503,
    "internal": 500,
}


@dataclass(frozen=True)
class Problem:
    """One error. The `detail` is a whole sentence; it holds no path and no traceback."""

    kind: str
    detail: str
    status: int = 500
    retry_after_s: int | None = None

    @classmethod
    def of(cls, kind: Kind, detail: str, retry_after_s: int | None = None) -> Problem:
        """A problem of a kind, with the status of that kind."""
        return cls(kind, sentence(detail), STATUS[kind], retry_after_s)

    def body(self, request_id: str = "") -> dict[str, Any]:
        """The JSON of it."""
        body = {
            "type": f"{_TYPE}{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        return body | ({"request_id": request_id} if request_id else {})


class Refused(Exception):
    """A request that ends with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refuse(kind: Kind, detail: str, retry_after_s: int | None = None) -> Refused:
    """What to raise for a problem of a kind."""
    return Refused(Problem.of(kind, detail, retry_after_s))


def photo_problem(error: PhotoError) -> Problem:
    """The panel's sentence: a name is written as the user has it."""
    text = str(error)
    return Problem("photo", text if text.endswith(".") else f"{text}.", STATUS["photo"])


def problem_of(error: BaseException) -> Problem:
    """The problem that an exception of a run is, with the sentence of `jobs.explain`."""
    if isinstance(error, Refused):
        return error.problem
    detail = explain(error)
    if isinstance(error, Cancelled):
        return Problem.of("cancelled", detail)
    if detail == OUT_OF_MEMORY:
        return Problem.of("memory", detail)
    if isinstance(error, PhotoError):
        return photo_problem(error)
    if isinstance(error, NonFiniteError):
        return Problem.of("model", detail)
    if isinstance(error, ValueError):  # of our own doors: what was asked for cannot be
        return Problem.of("options", detail)
    if isinstance(error, OSError):  # its text names folders of this machine
        return Problem.of("disk", f"The service could not write its files ({error.strerror})")
    return Problem.of("internal", "An internal error; the service's log has the details")

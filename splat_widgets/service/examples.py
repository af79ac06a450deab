"""What the OpenAPI document says beside the routes: the request, answers, problems, examples."""

from __future__ import annotations

from typing import Any

from splat_widgets.service.options import FIELDS, PHOTOS
from splat_widgets.service.outputs import MEDIA_TYPES, READY
from splat_widgets.service.problems import MEDIA_TYPE, STATUS, Kind, Problem

_ID = "6f1c2a4e8b0d47939a5e7c1f0b2d4e68"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_JOB = {
    "id": _ID,
    "state": "running",
    "request_id": "c0ffee5a11ad0b1e",
    "created": 1795660800.0,
    "started": 1795660800.2,
    "ended": None,
    "expires": None,
    "position": None,
    "progress": {"stage": "depth", "done": 1, "total": 4, "fraction": 0.71, "seconds": 2.4},
    "stages": [{"name": "encode", "label": "Encode", "seconds": 0.41}],
    "verdict": None,
    "notices": [],
    "num_gaussians": None,
    "outputs": {},
    "problem": None,
}
_QUEUED = _JOB | {
    "state": "queued",
    "started": None,
    "position": 0,
    "progress": {"stage": "", "done": 0, "total": 0, "fraction": 0.0, "seconds": 0.0},
    "stages": [],
}
_OVER = {"ended": 1795660806.9, "expires": 1795747206.9}
_DONE = _JOB | {
    **_OVER,
    "state": "done",
    "progress": {"stage": "assemble", "done": 1, "total": 1, "fraction": 1.0, "seconds": 6.4},
    "verdict": {
        "sentence": "The photos determine cameras and depth.",
        "answered": True,
        "applied": True,
        "reason": "",
    },
    "num_gaussians": 104857,
    "outputs": {form: f"/api/outputs/{_ID}?format={form}" for form in READY},
}
_CANCELLED = _JOB | {
    **_OVER,
    "state": "cancelled",
    "problem": Problem.of("cancelled", "The run was cancelled").body("c0ffee5a11ad0b1e"),
}


def _json(description: str, example: Any) -> dict[str, Any]:
    schema = {"type": "object"}
    return {
        "description": description,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _problems(**sentences: str) -> dict[int | str, dict[str, Any]]:
    """Answers that are problems, by status; arguments are sentences by kind."""
    found: dict[int | str, dict[str, Any]] = {}
    general: dict[Kind, str] = {
        "token": "This is not a token of this service.",
        "origin": "Pages of https://example.org may not use this service.",
        "host": "This service does not know the name 'example.org'.",
        "too_many": "More than 600/minute requests; wait a little.",
        "request": "The request is not sound.",
        "options": "The parameter 'id': String should have at most 64 characters.",
    }
    for kind, text in {**sentences, **general}.items():
        found.setdefault(STATUS[kind], _problem(kind, text, STATUS[kind]))
    return found


def _problem(kind: str, text: str, status: int) -> dict[str, Any]:
    """An answer that is a problem."""
    example = Problem(kind, text, status).body("c0ffee5a11ad0b1e")
    content = {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA, "example": example}}
    return {"description": text, "content": content}


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_GONE = "There is no job of this id; results are kept for 24 h."
_FILES = {media: _BINARY for media in dict.fromkeys(MEDIA_TYPES.values())}
DOCS: dict[str, dict[str, Any]] = {
    "generate": {
        "responses": {
            200: {"description": "The finished file, with wait=true.", "content": _FILES},
            202: _json("The job waits.", _QUEUED),
            **_problems(
                photo="notes.jpg: is a PDF; save it as JPEG or PNG, one page a photo.",
                too_large="The photos have more than 256 MB together; scale them down.",
                too_slow="The photos did not arrive within 300 s; send fewer at once.",
                queue_full="The queue is full: 32 jobs wait; try again soon.",
                not_ready="The service still loads its model; try again soon.",
                cancelled="The run was cancelled.",
                expired="The job took longer than 3600 s and was given up.",
                memory="There is not enough memory for this run.",
                internal="An internal error; the service's log has the details.",
            ),
        }
    },
    "job": {"responses": {200: _json("The job.", _DONE), **_problems(not_found=_GONE)}},
    "events": {
        "responses": {
            200: {
                "description": "Events until the job has ended.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **_problems(not_found=_GONE),
        }
    },
    "cancel": {
        "responses": {
            200: _json("The job has ended.", _CANCELLED),
            202: _json("The job ends at its next step.", _JOB),
            **_problems(not_found=_GONE),
        }
    },
    "output": {
        "responses": {
            200: {"description": "The file.", "content": _FILES},
            206: {"description": "A range of the file.", "content": _FILES},
            416: _problem("request", "The file has 900 bytes, none of them in this range.", 416),
            **_problems(
                not_found=_GONE,
                photo="a.jpg: cannot be read, damaged or cut off.",
                cancelled="The run was cancelled.",
                expired="The files of this job are gone.",
                memory="There is not enough memory for this run.",
                internal="An internal error; the service's log has the details.",
            ),
        }
    },
    "health": {
        "responses": {
            200: _json("Ready.", {"status": "ready"}),
            503: _json("Not ready.", {"status": "loading"}),
            **_problems(),
        }
    },
    "metrics": {
        "responses": {
            200: {
                "description": "Numbers for Prometheus.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **_problems(),
        }
    },
}
_FIELD = {"type": "string", "maxLength": 65536}
REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [PHOTOS],
                    "properties": {
                        PHOTOS: {
                            "type": "array",
                            "minItems": 2,
                            "maxItems": 10,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Photos of one place, taken a step apart.",
                        },
                        **{name: {**_FIELD, "description": text} for name, text in FIELDS.items()},
                    },
                },
                "example": {PHOTOS: ["a.jpg", "b.jpg"], "refine": "true", "size": "256"},
            }
        },
    }
}

"""One JSON line for each job, with the request it came with; no names, no whole ids.

Whatever else the service logs is a JSON line too, with the event "log".
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import sys
from typing import TYPE_CHECKING, Any

from splat_widgets.service.records import Job

if TYPE_CHECKING:
    from splat_widgets.service.batch.parts import Part

logger = logging.getLogger("splat_widgets.service")
_MOST_TRACEBACK = 3000  # characters: pipes keep up to 4096 bytes of a line together
_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")


def request_id_of(given: str | None) -> str:
    """The id that a request came with, if it can stand in a log; else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return secrets.token_hex(8)


def log_to_stderr() -> None:
    """Lines as they are, JSON alone, for what collects logs."""
    _log_to(logging.StreamHandler(sys.stderr))


def log_to_file(path: str) -> None:
    """The same, at the end of a file or into a pipe."""
    _log_to(logging.FileHandler(path, encoding="utf-8"))


def _log_to(handler: logging.Handler) -> None:
    """In place of where lines went before: a process that serves twice tells each once."""
    for old in [one for one in logger.handlers if isinstance(one.formatter, Lines)]:
        logger.removeHandler(old)
        old.close()
    handler.setFormatter(Lines())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


class Lines(logging.Formatter):
    """A record as one line of JSON, a traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line = getattr(record, "job", None) or getattr(record, "item", None)
        if line is None:
            line = {
                "event": "log",
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": record.getMessage(),
                "process": record.process,
            }
        if record.exc_info and record.exc_info[0] is not None:
            line = {**line, "traceback": self.formatException(record.exc_info)[-_MOST_TRACEBACK:]}
        return json.dumps(line)


def log_item(part: Part) -> None:
    """The line of an item of a batch, as of a job; its name stands in the manifest alone."""
    line: dict[str, Any] = {
        "event": "item",
        "request_id": part.request_id,
        "fingerprint": part.fingerprint[:8],
        "outcome": part.state,
        "seconds": part.seconds,
        "stages": {name: round(seconds, 3) for name, seconds in part.stages.items()},
        "gaussians": part.num_gaussians,
        "process": part.process,
    }
    logger.info(json.dumps(line), extra={"item": line})


def log_job(job: Job, error: BaseException | None = None) -> None:
    """The line of a job that has ended, as JSON; errors of ours come with a traceback."""
    waited = None if job.started is None else round(job.started - job.created, 3)
    line: dict[str, Any] = {
        "event": "job",
        "request_id": job.request_id,
        "job": job.id[:8],
        "owner": job.owner[:8],
        "outcome": job.state,
        "problem": None if job.problem is None else job.problem.kind,
        "queued_s": waited,
        "seconds": None if job.started is None else round((job.ended or 0) - job.started, 3),
        "attempts": job.attempts,
        "stages": {stage.name: round(stage.seconds, 3) for stage in job.stages},
        "verdict": None if job.verdict is None else job.verdict.reason or "answered",
        "gaussians": job.num_gaussians,
        "process": os.getpid(),
    }
    is_ours = job.problem is not None and job.problem.kind in ("internal", "disk", "model")
    level = logging.ERROR if is_ours else logging.INFO
    logger.log(level, json.dumps(line), exc_info=error if is_ours else None, extra={"job": line})

"""What happened in this process: one record for each upload, run, export, error and health check.

A record is one line of the logger `splat_widgets.events` (`logging.INFO`; warnings for what went
wrong), which carries the `Event` as its attribute `event`. Totals and the last events are kept in
memory for `splat_widgets.jobs.metrics`.

No event holds a name, a path or a text of the user's: `hashed` takes their place, with a key that
is made anew in each process. One name has one hash in all lines of a process and another one in the
next, so nobody can look a name up in a table of hashes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

logger = logging.getLogger(__name__)

Kind = Literal["upload", "run", "export", "error", "health"]
Outcome = Literal["done", "refused", "cancelled", "failed"]
KEPT = 1024  # last events; the totals count all of them
_KEY = os.urandom(16)
_FORMATS = {
    *(".spz", ".sog", ".splat", ".ksplat", ".glb", ".gltf"),
    *(".ply", ".splatscene", ".html", ".htm", ".json", ".csv", ".safetensors", ".ckpt", ".md"),
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".heic", ".heif", ".avif", ".mp4", ".webm"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    kind: Kind
    outcome: Outcome
    at: float  # when it ended, seconds since 1970
    seconds: float | None = None  # what it took
    error: str = ""  # class of the exception; its text may hold names
    fields: Mapping[str, Any] = field(default_factory=dict)  # numbers, short words, hashes

    def __str__(self) -> str:
        took = "" if self.seconds is None else f" in {self.seconds:.2f} s"
        error = f" ({self.error})" if self.error else ""
        more = f" {json.dumps(dict(self.fields), default=str)}" if self.fields else ""
        return f"{self.kind} {self.outcome}{took}{error}{more}"


@dataclass(frozen=True)
class History:
    """What happened since the process began."""

    counts: Mapping[tuple[str, str], int]  # by kind and outcome
    errors: Mapping[str, int]  # by class of the exception
    last: tuple[Event, ...]  # oldest first, at most `KEPT`


class _Log:
    """Counts events and keeps the last ones. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._errors: Counter[str] = Counter()
        self._last: deque[Event] = deque(maxlen=KEPT)

    def add(self, event: Event) -> None:
        with self._lock:
            self._counts[event.kind, event.outcome] += 1
            if event.error:
                self._errors[event.error] += 1
            self._last.append(event)

    def history(self) -> History:
        with self._lock:
            return History(dict(self._counts), dict(self._errors), tuple(self._last))


@dataclass
class _Ongoing:
    kind: Kind
    fields: dict[str, Any]


_log = _Log()
_ongoing: ContextVar[_Ongoing | None] = ContextVar("splat_widgets_event", default=None)


def tell(
    kind: Kind,
    outcome: Outcome = "done",
    *,
    seconds: float | None = None,
    error: BaseException | str = "",
    **fields: Any,
) -> Event:
    """Log an event and count it.

    Args:
        kind: what happened.
        outcome: how it ended.
        seconds: what it took; None if that was not measured.
        error: why it did not end well; of an exception, only its class is kept.
        fields: numbers and short words; names only as `hashed`.
    """
    what = error if isinstance(error, str) else type(error).__name__
    event = Event(kind, outcome, time.time(), seconds, what, fields)
    _log.add(event)
    level = logging.INFO if outcome in ("done", "cancelled") else logging.WARNING
    logger.log(level, "%s", event, extra={"event": event})
    return event


@contextmanager
def telling(
    kind: Kind, *, cancelled: tuple[type[BaseException], ...] = (), **fields: Any
) -> Iterator[None]:
    """Tell one event of the work in a `with`, or of a decorated function, also when it raises.

    Work of the same kind that it calls, in the same thread, is part of it: a run that a studio
    began is one run. `note` adds fields while it goes on. `KeyboardInterrupt` and the exceptions in
    `cancelled` mean that it was cancelled.
    """
    outer = _ongoing.get()
    if outer is not None and outer.kind == kind:
        outer.fields.update(fields)
        yield
        return
    own = _Ongoing(kind, dict(fields))
    token = _ongoing.set(own)
    began_s = time.perf_counter()
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, (KeyboardInterrupt, *cancelled))
        outcome: Outcome = "cancelled" if stopped else "failed"
        seconds = time.perf_counter() - began_s
        tell(kind, outcome, seconds=seconds, error="" if stopped else error, **own.fields)
        raise
    else:
        tell(kind, seconds=time.perf_counter() - began_s, **own.fields)
    finally:
        _ongoing.reset(token)


def note(**fields: Any) -> None:
    """Add fields to the event that is going on in this thread; nothing happens without one."""
    ongoing = _ongoing.get()
    if ongoing is not None:
        ongoing.fields.update(fields)


def history() -> History:
    """What happened since the process began."""
    return _log.history()


def format_of(name: str | os.PathLike[str]) -> str:
    """The suffix of a file's name where it is one of a known format; any other may be a name."""
    suffix = PurePath(os.fsdecode(name)).suffix.lower()
    return suffix if suffix in _FORMATS else "other"


def hashed(name: object) -> str:
    """12 hexadecimal digits in place of a name; the same for one name, in this process alone."""
    return hashlib.blake2b(
        str(name).encode("utf-8", "replace"), key=_KEY, digest_size=6
    ).hexdigest()

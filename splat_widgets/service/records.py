"""One job as a record, and as JSON: what any part of the service, wherever it runs, knows of it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from splat_widgets.service.problems import Problem

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Options:
    """What the caller chose; fields as `reconstruct` takes them."""

    refine: Literal["auto"] | bool = "auto"
    gaussian_size: int | None = None  # px
    image_size: int | None = None  # px
    focals_px: tuple[float | None, ...] | None = None  # one for each photo
    crops: tuple[tuple[float, float, float] | None, ...] | None = None  # one for each photo
    cameras: tuple[Mapping[str, Any], ...] | None = None  # one for each photo; `camera_of`
    keep_all: bool = False
    same_exposure: bool = True
    format: str = "ply"  # of the result that `wait` gives back


@dataclass(frozen=True)
class StoredPhoto:
    """A photo of a job: where it lies, and what to call it."""

    key: str  # of the object store
    name: str  # for messages; never part of a path
    size: int  # bytes


@dataclass(frozen=True)
class StageSeconds:
    """A stage of the run."""

    name: str
    label: str
    seconds: float  # that it took, or has taken so far


@dataclass(frozen=True)
class Step:
    """Where the run is."""

    stage: str = ""
    done: float = 0  # steps of the stage that are over
    total: float = 0
    fraction: float = 0.0  # of the whole run, 0 to 1
    seconds: float = 0.0  # since it began


@dataclass(frozen=True)
class Verdict:
    """What the photos say of the scene, in short; the scene file has all of it."""

    sentence: str
    answered: bool
    applied: bool
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """One job. Times are seconds since 1970."""

    id: str  # 32 hexadecimal digits, not to be guessed
    owner: str  # whose token it came with; empty where none is needed
    request_id: str  # of the request that made it, in every log line of the job
    created: float
    options: Options = field(default_factory=Options)
    photos: tuple[StoredPhoto, ...] = ()
    state: State = "queued"
    attempts: int = 0  # runs that were begun
    trace: str = ""  # W3C `traceparent` of the request, if it is traced
    started: float | None = None
    ended: float | None = None
    step: Step = field(default_factory=Step)
    stages: tuple[StageSeconds, ...] = ()
    verdict: Verdict | None = None
    notices: tuple[str, ...] = ()
    num_gaussians: int | None = None
    outputs: tuple[str, ...] = ()  # formats that lie ready; others are made when asked for
    files: str = ""  # folder of the run that counts, below `outputs/<id>`
    problem: Problem | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in ENDED

    def begun(self) -> Job:
        """The job as its next run begins."""
        fresh = {"step": Step(), "stages": (), "started": time.time()}
        return replace(self, state="running", attempts=self.attempts + 1, **fresh)

    def failed(self, problem: Problem) -> Job:
        """The job as it ends with a problem; one that was cancelled is not called a failure."""
        state: State = "cancelled" if problem.kind == "cancelled" else "failed"
        return replace(self, state=state, ended=time.time(), problem=problem, photos=())

    def to_json(self) -> str:
        """The whole record."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Job:
        """The record of `to_json`; fields of newer versions are left out.

        Raises:
            ValueError: for anything else.
        """
        try:
            return _made(cls, json.loads(text))
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"expected the record of a job, got another JSON ({error})") from error

    def public(self, *, position: int | None = None, expires: float | None = None) -> dict:
        """What the caller may see."""
        body: dict[str, Any] = {
            "id": self.id,
            "state": self.state,
            "request_id": self.request_id,
            "created": self.created,
            "started": self.started,
            "ended": self.ended,
            "expires": expires,
            "position": position,  # jobs before it in the queue
            "progress": asdict(self.step),
            "stages": [asdict(stage) for stage in self.stages],
            "verdict": None if self.verdict is None else asdict(self.verdict),
            "notices": list(self.notices),
            "num_gaussians": self.num_gaussians,
            "outputs": {form: f"/api/outputs/{self.id}?format={form}" for form in self.outputs},
            "problem": None if self.problem is None else self.problem.body(self.request_id),
        }
        return body


def is_id(text: str) -> bool:
    """Whether a text can be the id of a job; anything else never reaches a store."""
    return _ID.fullmatch(text) is not None


def owner_of(token: str) -> str:
    """What stands for a token in records: not to be turned back."""
    return hashlib.sha256(b"splat-owner:" + token.encode()).hexdigest()[:32]


def id_of_key(owner: str, key: str) -> str:
    """The id of the one job that a caller's `Idempotency-Key` makes, however often it is sent."""
    return hashlib.sha256(f"{owner}:{key}".encode()).hexdigest()[:32]


_PARTS: Mapping[str, type] = {
    "options": Options,
    "step": Step,
    "verdict": Verdict,
    "problem": Problem,
}
_LISTS: Mapping[str, type] = {"photos": StoredPhoto, "stages": StageSeconds}


def _made(record: type, values: Any) -> Any:
    known = {f.name for f in fields(record)}
    given = {name: _value(name, value) for name, value in values.items() if name in known}
    return record(**given)


def _value(name: str, value: Any) -> Any:
    if name in _LISTS:
        return tuple(_made(_LISTS[name], item) for item in value)
    if name in _PARTS:
        return None if value is None else _made(_PARTS[name], value)
    return _frozen(value)


def _frozen(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_frozen(item) for item in value)
    return value

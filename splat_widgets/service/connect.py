"""`connect(url)`: a service as a model, which `reconstruct` and `Studio` take like a local one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import torch

from splat_widgets import notices
from splat_widgets.models.predictor import Stage
from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.reconstruction.progress import Report
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.scene.scene import Scene
from splat_widgets.service import API_VERSION
from splat_widgets.version import __version__

if TYPE_CHECKING:
    from splat_widgets.service.calls import Calls

TOKEN = "SPLAT_WIDGETS_TOKEN"
_READY_S = 300.0  # that a service may take to load its model


def connect(url: str, token: str | None = None) -> ServiceModel:
    """A service as a model: `sw.reconstruct(photos, model=sw.connect("http://gpu-box:8000"))`.

    Photos are sent with at most 1024 px a side, with what `reconstruct` or a `Studio` was asked
    for; the service does everything, refinement included, and the whole scene comes back. Over a
    bad line the job goes on there and is found again.

    Args:
        url: of the service, as `splat-widgets serve` prints it.
        token: that the service asks for; None: the environment variable `SPLAT_WIDGETS_TOKEN`.

    Raises:
        ValueError: for something that is no address or no token, or if httpx is not installed.
        ServiceError: if no service answers there, the token is wrong, or its version is another.
    """
    if find_spec("httpx") is None:
        raise ValueError("connecting needs httpx; pip install httpx, or 'splat-widgets[serve]'")
    from splat_widgets.service.calls import Calls

    token = _checked_token(token or os.environ.get(TOKEN))
    calls = Calls(_checked(url), token)
    return ServiceModel(calls, _described(calls, bool(token)))


@dataclass(frozen=True, eq=False, repr=False)
class ServiceModel:
    """A model in another process; see `connect`."""

    calls: Calls = field(repr=False)
    described: dict[str, Any]  # as `GET /health` says it

    def __repr__(self) -> str:
        source = self.described.get("source")
        return f"ServiceModel({source}, {self.image_size} px, {self.device} at {self.address})"

    @property
    def address(self) -> str:
        """Where the service is."""
        return self.calls.url

    @property
    def image_size(self) -> int:
        """Side of the square crops that the network was trained on, px."""
        return int(self.described["image_size"])

    @property
    def max_photos(self) -> int | None:
        """Most photos of a scene."""
        return self.described["max_photos"]

    @property
    def provenance(self) -> Provenance | None:
        """Where the service's weights come from."""
        known = self.described
        if not known.get("source"):
            return None
        return Provenance(
            source=known["source"],
            path=Path(known["source"]),
            sha256=known["sha256"],
            license=known["license"] or "",
            notice=known["notice"],
            revision=known["revision"],
        )

    @property
    def device(self) -> torch.device:
        """Where the weights live, over there."""
        return torch.device(self.described["device"])

    @property
    def dtype(self) -> torch.dtype:
        """Type that most of the network computes in."""
        return getattr(torch, self.described["dtype"])

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages of a run: sending, those of the service, fetching."""
        from splat_widgets.service.remote_job import FETCH, SEND

        return (SEND, *(Stage(*one) for one in self.described["stages"]), FETCH)

    def scene_of(
        self,
        photos: Iterable[DecodedPhoto],
        choices: Choices,
        image_size: int | None,
        report: Report,
    ) -> Reconstruction:
        """A scene of photos; `reconstruct` calls this."""
        from splat_widgets.service.remote_job import RemoteJob
        from splat_widgets.service.sending import prepared

        job = RemoteJob(self.calls, self.stages, report)
        job.tell("send")
        sent, fields = prepared(photos, choices, image_size)
        return job.run(sent, fields)

    def resume(self, id: str, progress: Report | None = None) -> Scene:
        """The scene of a job that was begun before, for example by a kernel that has ended.

        Args:
            id: of the job, as the message of a lost line names it.
            progress: called with every `Progress`, if given.

        Raises:
            ValueError: for a text that can be no id of a job.
            ServiceError: if the service has no such job, or it has failed.
        """
        from splat_widgets.service.remote_job import RemoteJob

        job = RemoteJob(self.calls, self.stages, progress or (lambda _: None))
        return Scene.of(job.resumed(id))


def _checked(url: str) -> str:
    """An address without a query; a path is that of a proxy before the service.

    Raises:
        ValueError: for anything else.
    """
    parts = urlsplit(url if isinstance(url, str) else "")
    is_plain = parts.scheme in ("http", "https") and parts.hostname and not parts.query
    if not is_plain or parts.username:
        raise ValueError(
            f"expected the address of a service such as 'http://gpu-box:8000', got {url!r}"
        )
    return url.rstrip("/")


def _checked_token(token: str | None) -> str | None:
    """A token as a header takes it, without the space around it; None for an empty one.

    Raises:
        TypeError: for something that is no text.
        ValueError: for a token that no header can hold; the message does not show it.
    """
    if token is None:
        return None
    if not isinstance(token, str):
        raise TypeError(f"expected a token as text, got {type(token).__name__}")
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError(
            "expected a token of printable ASCII characters, got one with others; copy it again "
            "from where the service was set up"
        )
    return token or None


def _described(calls: Calls, has_token: bool) -> dict[str, Any]:
    """What the service says of its model, once that is loaded."""
    until = time.monotonic() + _READY_S
    while True:
        known = _health(calls)
        if "api" not in known and "status" in known and not has_token:
            raise _error(
                f"the service at {calls.url} needs a token: sw.connect(url, token=…), or the "
                f"environment variable {TOKEN}"
            )
        _check_version(calls.url, known)
        if known["status"] == "failed":
            raise _error(f"the service at {calls.url} has no model: {known.get('error')}")
        if known.get("model") is not None:
            return {**known["model"], "limits": known.get("limits")}
        if time.monotonic() > until:
            raise _error(f"the service at {calls.url} did not become ready ({known['status']})")
        notices.tell(f"The service at {calls.url} still loads its model; waiting for it.")
        time.sleep(0.5)


def _health(calls: Calls) -> dict[str, Any]:
    import httpx

    from splat_widgets.service.calls import problem_error

    try:
        answer = calls.once("GET", "/health")
    except httpx.TransportError as error:
        raise _error(calls.silence(error)) from error
    try:
        body = answer.json()
    except ValueError:
        body = None
    kind = body.get("type") if isinstance(body, dict) else None
    if answer.status_code == 503 and str(kind).endswith(":not_ready"):  # a cluster that begins
        return {"status": "starting", "api": API_VERSION}
    if answer.status_code >= 500 and body is None:
        raise _error(
            f"a proxy answers at {calls.url} with status {answer.status_code}, and no service of "
            "splat_widgets behind it; start one there with `splat-widgets serve`, or try again "
            "while one starts"
        )
    if not isinstance(body, dict) or "status" not in body or answer.status_code == 404:
        raise _error(
            f"what answers at {calls.url} is no service of splat_widgets; give the address that "
            "`splat-widgets serve` prints"
        )
    if "detail" in body:  # a problem
        raise problem_error(body, answer.status_code)
    return body


def _check_version(url: str, known: dict[str, Any]) -> None:
    theirs = known.get("api")
    if theirs == API_VERSION:
        return
    version = str(known.get("version", "unknown"))[:20]
    if isinstance(theirs, int) and theirs > API_VERSION:
        raise _error(
            f"the service at {url} is newer (splat_widgets {version}) than this notebook's "
            f"splat_widgets {__version__}; update the notebook's"
        )
    raise _error(
        f"the service at {url} is older (splat_widgets {version}) than this notebook's "
        f"splat_widgets {__version__}; update the service"
    )


def _error(text: str) -> Exception:
    from splat_widgets.service.calls import ServiceError

    return ServiceError(text)

"""One run of the notebook on a service: photos there, progress back, the scene back."""

from __future__ import annotations

import json
import logging
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from splat_widgets import events
from splat_widgets.models.predictor import Stage
from splat_widgets.reconstruction.progress import Progress, Report
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.service import traces
from splat_widgets.service.calls import Calls, ServiceError, SilentError, checked, problem_error
from splat_widgets.service.records import id_of_key, is_id
from splat_widgets.service.sending import Body, Sent, scene_in

logger = logging.getLogger("splat_widgets.service")
SEND = Stage("send", "Send", 0.04)
FETCH = Stage("fetch", "Fetch", 0.04)
_CANCEL_S = 0.8  # that a cancelled run waits for the service to hear of it
_PIECE = 2**18


class RemoteJob:
    """A run. Its progress function is called in the caller's thread, a few times a second."""

    def __init__(self, calls: Calls, stages: Sequence[Stage], report: Report) -> None:
        self._calls = calls
        self._report = report
        self._shares = {stage.name: stage.share for stage in stages}
        self._began_s = time.perf_counter()
        self._now = Progress(SEND.name, 0, 1, 0.0, 0.0)
        self._request_id = secrets.token_hex(8)
        self._id = ""
        self._key = secrets.token_urlsafe(24)

    def run(self, photos: Sequence[Sent], fields: dict[str, str]) -> Reconstruction:
        """Send photos and options, follow the job, fetch its scene."""
        events.note(request_id=self._request_id, service=True)
        try:
            with traces.span("splat run on a service", request_id=self._request_id):
                self._id = self._send(Body.of(photos, fields))["id"]
                logger.info("job %s of request %s was accepted", self._id[:8], self._request_id)
                return self._follow_to_scene(photos)
        except BaseException:  # also KeyboardInterrupt: nobody waits for the job any more
            self._cancel()
            raise

    def resumed(self, id: str) -> Reconstruction:
        """The scene of a job that is there already.

        Raises:
            ValueError: for a text that can be no id of a job.
            ServiceError: if the service has no such job, or it has failed.
        """
        id = id.strip() if isinstance(id, str) else id
        if not isinstance(id, str) or not is_id(id):
            raise ValueError(f"expected the id of a job, 32 hexadecimal digits, got {id!r:.80}")
        self._id = id
        return self._follow_to_scene(())

    def tell(self, stage: str, done: float = 0, total: float = 1, note: str = "") -> None:
        """Report where the run is; raises what the report raises."""
        before = 0.0
        for name, share in self._shares.items():
            if name == stage:
                before += share * (done / total if total else 1.0)
                break
            before += share
        seconds = time.perf_counter() - self._began_s
        fraction = min(1.0, before / (sum(self._shares.values()) or 1.0))
        self._now = Progress(stage, round(done), round(total), seconds, fraction, note)
        self._report(self._now)

    def _tick(self, note: str) -> None:
        now = self._now
        self.tell(now.stage, now.done, now.total, note or now.note)

    def _send(self, body: Body) -> dict[str, Any]:
        """Send the photos; sent again with one key, they make one job."""
        counter = [0]
        headers = {
            "Content-Type": body.content_type,
            "Content-Length": str(body.size),
            "Idempotency-Key": self._key,
            "X-Request-Id": self._request_id,
        }
        if trace := traces.carried({}):
            headers["traceparent"] = trace

        def send(client: httpx.Client) -> dict[str, Any]:
            pieces = body.pieces(counter)
            answer = client.post("/api/generate-splat", content=pieces, headers=headers)
            return checked(answer).json()

        def tick(note: str) -> None:
            self.tell(SEND.name, counter[0], body.size, note)

        return self._calls.until_answered(send, tick)

    def _follow_to_scene(self, photos: Sequence[Sent]) -> Reconstruction:
        job = self._followed()
        if job.get("problem"):
            raise problem_error(job["problem"], 500)
        with tempfile.TemporaryDirectory(prefix="splat-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "scene.splatscene"
            self._fetch(path)
            return scene_in(path, photos)

    def _followed(self) -> dict[str, Any]:
        """The job once it has ended; over a bad line it is asked for again."""
        latest: list[dict[str, Any]] = []

        def follow(client: httpx.Client) -> dict[str, Any]:
            with client.stream("GET", f"/api/jobs/{self._id}/events") as answer:
                for job in _events(checked(answer)):
                    latest[:] = [job]
                    if job.get("ended") is not None:
                        return job
            raise httpx.RemoteProtocolError("the events ended before the job")

        def tick(note: str) -> None:
            if latest and not note:
                self._tell_of(latest[0])
            else:
                self._tick(note)

        try:
            return self._calls.until_answered(follow, tick)
        except SilentError as error:
            raise ServiceError(
                f"{error}. The job may go on there: sw.connect(…).resume({self._id!r}) fetches it"
            ) from error

    def _tell_of(self, job: dict[str, Any]) -> None:
        step, position = job["progress"], job.get("position")
        if not step["stage"]:
            ahead = "" if not position else f", {position} before it"
            self.tell(SEND.name, 1, 1, f"Waiting in the service's queue{ahead}")
        elif step["stage"] in self._shares:
            self.tell(step["stage"], step["done"], step["total"])

    def _fetch(self, path: Path) -> None:
        """The scene file; what has arrived before the line was lost is not sent again."""
        state = {"done": 0, "total": 0, "tag": ""}

        def fetch(client: httpx.Client) -> None:
            headers = {"Accept-Encoding": "identity"}
            if state["done"]:
                headers |= {"Range": f"bytes={state['done']}-", "If-Range": str(state["tag"])}
            address = f"/api/outputs/{self._id}?format=splatscene"
            with client.stream("GET", address, headers=headers) as answer:
                checked(answer)
                if answer.status_code != 206:
                    state["done"] = 0
                state["tag"] = answer.headers.get("etag", "")
                left = int(answer.headers["content-length"])
                state["total"] = int(state["done"]) + left
                with path.open("r+b" if state["done"] else "wb") as file:
                    file.seek(int(state["done"]))
                    for piece in answer.iter_raw(_PIECE):
                        file.write(piece)
                        state["done"] = int(state["done"]) + len(piece)
            if state["done"] != state["total"]:
                raise httpx.RemoteProtocolError("the file ended early")

        def tick(note: str) -> None:
            self.tell(FETCH.name, int(state["done"]), int(state["total"]) or 1, note)

        tick("")
        self._calls.until_answered(fetch, tick)
        tick("")

    def _cancel(self) -> None:
        """Let the service stop the job; on a bad line it may hear of it a little later."""
        # The service may have accepted the photos before its answer came.
        keyed = [id_of_key(owner, self._key) for owner in self._calls.owners]
        ids = [self._id] if self._id else keyed

        def cancel() -> None:
            for pause_s in (0.2, 1.0, 3.0, 0.0):
                try:
                    for id in ids:
                        self._calls.once("DELETE", f"/api/jobs/{id}")
                    return
                except httpx.TransportError:
                    time.sleep(pause_s)

        thread = threading.Thread(target=cancel, name="splat-service-cancel", daemon=True)
        thread.start()
        thread.join(_CANCEL_S)


def _events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The jobs that server-sent events tell."""
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])

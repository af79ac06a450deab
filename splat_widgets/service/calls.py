"""Requests of the notebook to a service: sent again over a bad line, errors as sentences."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from splat_widgets.photos.source import PhotoError
from splat_widgets.service.records import owner_of

logger = logging.getLogger(__name__)
T = TypeVar("T")

Tick = Callable[[str], object]
"""Called a few times a second with what is waited for, or ""; what it raises ends the wait."""

TICK_S = 0.15
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.3, 8.0
GIVE_UP_S = 600.0  # without any answer
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_BUSY = (429, 503)


class ServiceError(ConnectionError):
    """A service that does not answer, or cannot do what it was asked for; with what to do."""


class SilentError(ServiceError):
    """A service that has not answered for too long; what it was asked for may go on there."""


class Calls:
    """Requests to one service. Safe to use from several threads."""

    def __init__(self, url: str, token: str | None, *, transport: Any = None) -> None:
        """`transport` is for tests."""
        self.url = url
        self.owners = ("", owner_of(token)) if token else ("",)  # as a service may keep its jobs
        self._transport = transport
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def client(self) -> httpx.Client:
        """A new client; close it to break off what it does."""
        return httpx.Client(
            base_url=self.url, headers=self._headers, timeout=_TIMEOUT, transport=self._transport
        )

    def once(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One try.

        Raises:
            httpx.TransportError: if the line is bad.
        """
        with self.client() as client:
            return client.request(method, path, **more)

    def until_answered(
        self, send: Callable[[httpx.Client], T], tick: Tick, *, give_up_s: float | None = None
    ) -> T:
        """Send a request, again and again while the line is bad or the service busy.

        Args:
            send: sends it, in another thread; raises what httpx raises, and `_Busy`.
            tick: called while that goes on.
            give_up_s: seconds without any answer of the service; None: `GIVE_UP_S`. A queue that is
                full is waited for as long as it takes.

        Raises:
            SilentError: if the service is silent for too long.
            Exception: what `tick` or an answer raises.
        """
        limit_s = GIVE_UP_S if give_up_s is None else give_up_s
        pause_s, silent_since_s = FIRST_PAUSE_S, time.monotonic()
        while True:
            try:
                return self._in_thread(send, tick)
            except Busy as busy:
                if not busy.is_away:
                    silent_since_s = time.monotonic()
                elif time.monotonic() - silent_since_s > limit_s:
                    raise SilentError(self.silence(busy)) from busy
                pause_s = FIRST_PAUSE_S
                _sleep(max(busy.seconds, FIRST_PAUSE_S), busy.sentence, tick)
            except httpx.TransportError as error:
                if time.monotonic() - silent_since_s > limit_s:
                    raise SilentError(self.silence(error)) from error
                logger.info("no answer from %s (%s); trying again", self.url, type(error).__name__)
                _sleep(pause_s, f"No answer from {self.url}, trying again", tick)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def silence(self, error: Exception) -> str:
        """The sentence for a service that does not answer."""
        reason = str(error) or type(error).__name__
        return (
            f"no service answers at {self.url} ({reason}); check the address, or start one there "
            "with `splat-widgets serve`"
        )

    def _in_thread(self, send: Callable[[httpx.Client], T], tick: Tick) -> T:
        """The result of `send`, while `tick` is called here; leaving early breaks it off."""
        done: list[tuple[T | None, BaseException | None]] = []
        ready = threading.Event()
        client = self.client()

        def work() -> None:
            try:
                done.append((send(client), None))
            except BaseException as error:  # the caller raises it
                done.append((None, error))
            ready.set()

        threading.Thread(target=work, name="splat-service-call", daemon=True).start()
        try:
            while not ready.wait(TICK_S):
                tick("")
        finally:
            client.close()
        result, error = done[0]
        if error is not None:
            raise error
        return result  # type: ignore[return-value]


class Busy(Exception):
    """The service asks to come again later."""

    def __init__(self, seconds: float, sentence: str, *, is_away: bool) -> None:
        """`is_away`: a proxy says it of a service that is not there."""
        super().__init__(sentence)
        self.seconds = seconds
        self.sentence = sentence
        self.is_away = is_away


def checked(answer: httpx.Response) -> httpx.Response:
    """An answer that is none of an error.

    Raises:
        Busy: if the request should be sent again later.
        httpx.RemoteProtocolError: if it was not the service that answered.
        PhotoError: for a photo that the service refuses.
        ValueError: for a choice that cannot be.
        ServiceError: for any other problem, in the service's words.
    """
    if answer.status_code < 400:
        return answer
    answer.read()
    problem = _problem(answer)
    detail = str(problem.get("detail", ""))
    wait = answer.headers.get("retry-after", "")
    if answer.status_code in _BUSY and wait.isdigit():
        is_away = answer.status_code == 503
        raise Busy(min(float(wait), 60.0), detail.rstrip("."), is_away=is_away)
    if answer.status_code >= 500 and not problem:  # of a proxy before a service that is away
        raise httpx.RemoteProtocolError(f"a proxy answered with status {answer.status_code}")
    raise problem_error(problem, answer.status_code)


def problem_error(problem: Mapping[str, Any], status: int) -> Exception:
    """The exception that a run here would have raised."""
    kind = str(problem.get("type", "")).rpartition(":")[2]
    detail = str(problem.get("detail", "")) or f"the service answered with status {status}"
    if kind == "photo" and ": " in detail:
        name, _, reason = detail.partition(": ")
        return PhotoError(name, reason.rstrip("."))
    if kind in ("options", "photos"):
        return ValueError(detail)
    return ServiceError(detail)


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _sleep(seconds: float, note: str, tick: Tick) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        tick(note)
        time.sleep(min(TICK_S, left))

"""What every request passes: names, pages, tokens and rates; and headers for every answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlsplit

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from splat_widgets.service import traces
from splat_widgets.service.context import Caller, Service
from splat_widgets.service.logs import request_id_of
from splat_widgets.service.problems import MEDIA_TYPE, Problem, Refused, refuse
from splat_widgets.service.records import owner_of
from splat_widgets.service.service_settings import ServiceSettings, is_loopback

HEALTH = "/health"
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}
_DRAIN_S, _DRAIN_BYTES = 1.0, 2**25  # a proxy that holds a whole upload sends it at once
_GUESSES = parse("20/minute")  # wrong tokens of one address


class Envelope:
    """The outermost layer: an id for each request, headers and times for each answer."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._metrics = service.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status, body = time.perf_counter(), 500, _Body(receive)
        request_id = request_id_of(Headers(scope=scope).get("x-request-id"))
        scope["splat_caller"] = Caller(request_id, is_known=False)

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if status >= 400 and scope["method"] == "POST" and not await body.drained():
                    headers["Connection"] = "close"  # nobody reads the rest
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "other"
        with _traced(scope, method=method, request_id=request_id):
            try:
                await self._app(scope, body.receive, dressed)
            finally:
                route = getattr(scope.get("route"), "path", "other")  # never the path itself
                self._metrics.request(method, route, status, time.perf_counter() - began_s)
                traces.note(route=route, status=str(status))


def _traced(scope: Scope, **attributes: str) -> AbstractContextManager[None]:
    """The span of a request; who asks each second whether the service lives has none."""
    if not scope["path"].startswith("/api/"):
        return nullcontext()
    return traces.span(
        "splat request", Headers(scope=scope).get("traceparent", "")[:128], **attributes
    )


class _Body:
    """The body of a request. Who is refused hears of it only once he has sent a little more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_over = False

    async def receive(self) -> Message:
        """The next piece."""
        message = await self._receive()
        self._is_over = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def drained(self) -> bool:
        """Whether the body has ended; a little of it is read to see that."""
        count = 0
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._is_over and count < _DRAIN_BYTES:
                    count += len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass
        return self._is_over


_METHODS = ("GET", "POST", "DELETE", "OPTIONS", "HEAD")


class Guard:
    """Refuses requests that may not come in."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._doors = Doors(service.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["splat_caller"].request_id
        client = (scope.get("client") or ("",))[0]
        try:
            scope["splat_caller"] = self._doors.caller(
                Headers(scope=scope), scope["path"], client, request_id
            )
        except Refused as error:
            self._service.metrics.problem(error.problem.kind)
            await answer(error.problem, request_id)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Doors:
    """Who may come in: decided from a request's headers."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._tokens = [(_digest(token), owner_of(token)) for token in settings.tokens]
        self._rate = parse(settings.rate_limit)
        self._rates = MovingWindowRateLimiter(MemoryStorage())

    def caller(self, headers: Headers, path: str, client: str, request_id: str) -> Caller:
        """Who asks.

        Raises:
            Refused: if the request may not come in.
        """
        self._check_host(headers.get("host", ""))
        self._check_origin(headers)
        owner = self._owner(headers, client)
        if owner is None and path != HEALTH:
            raise refuse(
                "token",
                "This service needs a token: send it as 'Authorization: Bearer …', in a notebook "
                "with sw.connect(url, token=…)",
            )
        self._count(owner or f"at {client}")
        return Caller(request_id, owner or "", is_known=owner is not None)

    def _check_host(self, host: str) -> None:
        """A page whose name was made to point at this machine may not talk to it."""
        if self._settings.tokens:  # the page has none
            return
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        known = (self._settings.host, *self._settings.hosts)
        if not is_loopback(name) and name.strip("[]") not in known:
            raise refuse(
                "host", f"This service does not know the name {name[:80]!r}; it takes 127.0.0.1"
            )

    def _check_origin(self, headers: Headers) -> None:
        """A browser names the page that asks; forms of foreign pages need no CORS to be sent."""
        origin = headers.get("origin")
        if origin is None or origin in self._settings.origins:
            return
        if urlsplit(origin).netloc != headers.get("host", ""):
            raise refuse(
                "origin",
                f"Pages of {origin[:80]} may not use this service; its owner can allow them with "
                "SPLAT_WIDGETS_ORIGINS",
            )

    def _owner(self, headers: Headers, client: str) -> str | None:
        """Whose token it is; None without one. Every token is compared, in the same time."""
        if not self._tokens:
            return ""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        given, found = _digest(token.strip()), None
        for digest, owner in self._tokens:
            if hmac.compare_digest(given, digest):
                found = owner
        if found is None:
            if not self._rates.hit(_GUESSES, "wrong", client):
                raise refuse("too_many", "Too many wrong tokens; wait a minute", 60)
            raise refuse("token", "This is not a token of this service")
        return found

    def _count(self, who: str) -> None:
        if self._rates.hit(self._rate, who):
            return
        again = self._rates.get_window_stats(self._rate, who).reset_time
        seconds = max(1, round(again - time.time()))
        raise refuse(
            "too_many", f"More than {self._settings.rate_limit} requests; wait a little", seconds
        )


def answer(problem: Problem, request_id: str, allow: str = "") -> JSONResponse:
    """The answer that a problem is; `allow` names the methods that the address takes."""
    headers = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if allow:
        headers["Allow"] = allow
    return JSONResponse(problem.body(request_id), problem.status, headers, media_type=MEDIA_TYPE)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

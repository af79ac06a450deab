"""What Serve's proxy answers by itself, as the problems that doors answer, with when to come again.

It does so for a door that has died with a request, or before the first one is there.
"""

from __future__ import annotations

import logging

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from splat_widgets.service.guard import SAFE_HEADERS, answer
from splat_widgets.service.logs import request_id_of
from splat_widgets.service.problems import Problem

logger = logging.getLogger(__name__)
PROXY = (
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH",
    "splat_widgets.service.cluster.proxy:middlewares",
)
"""An environment variable of Ray's processes, and its value: so Serve's proxy finds us."""
_AGAIN_S = 2
_ITS_OWN = (404, 500, 503)  # no door is known; it has died; it is not there yet
_AWAY = Problem.of(
    "not_ready",
    "The service could not finish this request, since a part of it begins anew; send it again",
    _AGAIN_S,
)


def middlewares() -> list[Middleware]:
    """For Serve."""
    return [Middleware(ProxyProblems)]


class ProxyProblems:
    """Plain texts of the proxy become problems; doors answer none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["path"].startswith("/-/"):
            await self._app(scope, receive, send)
            return
        has_begun = False  # an answer of a door

        async def looked_at(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                kind = Headers(scope=message).get("content-type", "")
                has_begun = message["status"] not in _ITS_OWN or not kind.startswith("text/plain")
            if has_begun:
                await send(message)

        try:
            await self._app(scope, receive, looked_at)
        except Exception:  # of a door that dies in the middle; uvicorn would tell no reason
            if has_begun:
                raise
            logger.warning("a door did not answer", exc_info=True)
        if not has_begun:
            request_id = request_id_of(Headers(scope=scope).get("x-request-id"))
            told = answer(_AWAY, request_id)
            told.headers.update({**SAFE_HEADERS, "X-Request-Id": request_id})
            await told(scope, receive, send)

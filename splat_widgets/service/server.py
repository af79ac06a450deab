"""The service as a program: listens, serves, and ends without losing a job."""

from __future__ import annotations

import asyncio
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from splat_widgets.service.service_settings import ServiceSettings

MOST_CONNECTIONS = 256  # further ones are told to come again
_HEADER_S = 15.0  # for the first whole header of a connection
_HEADER_BYTES = 16_384


class _Impatient(H11Protocol):
    """Lets go of connections that ask for nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_HEADER_S, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """Tells the application at once that it ends: event streams end too, so that it can."""

    def __init__(self, app: FastAPI, settings: ServiceSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Impatient,
                ws="none",
                lifespan="on",
                access_log=False,  # paths hold ids of jobs
                log_config=None,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=_HEADER_BYTES,
                timeout_graceful_shutdown=settings.shutdown_timeout,
            )
        )
        self._service = app.state.service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal has come."""
        self._service.leaving.set()
        super().handle_exit(sig, frame)


def listen(settings: ServiceSettings) -> socket.socket:
    """The socket of the address; port 0 takes a free one.

    Raises:
        OSError: if the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.backend_port), family=family)
    except OSError as error:
        place = f"{settings.host}:{settings.backend_port}"
        raise OSError(
            error.errno, f"cannot listen at {place} ({error.strerror}); choose another --port"
        ) from error


def address_of(listener: socket.socket) -> str:
    """Where a browser or `sw.connect` finds it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: FastAPI, settings: ServiceSettings, listener: socket.socket) -> None:
    """Serve until a signal comes; jobs that go on are finished or begin anew the next time."""
    Server(app, settings).run(sockets=[listener])

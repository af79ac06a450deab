"""A thin line from browser to server that can be cut: a proxy of TCP connections on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_PIECE = 65536


class Line:
    """Passes bytes on. Once armed, it cuts all websockets when enough has come down one of them.

    For the seconds that it is cut, new websockets are refused; other requests pass. With
    `cut_all`, what holds for websockets holds for every connection.
    """

    def __init__(
        self, server_port: int, *, cut_all: bool = False, bytes_per_s: float | None = None
    ) -> None:
        self.cuts = 0
        self.bytes_per_s = bytes_per_s  # of each connection, in each direction; None: as they come
        self._cut_all = cut_all
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._websockets: list[socket.socket] = []
        self._left: int | None = None  # bytes until the cut
        self._seconds = self._until = 0.0
        self._counts_up = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, *, after_bytes: int, seconds: float, up: bool = False) -> None:
        """Cut the line after so many bytes from the server, or up to it, for some seconds."""
        with self._lock:
            self._left, self._seconds, self._counts_up = after_bytes, seconds, up

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            request = client.recv(_PIECE)
            is_websocket = self._cut_all or b"upgrade: websocket" in request.lower()
            if is_websocket and time.monotonic() < self._until:
                return
            with socket.create_connection(("127.0.0.1", self._server_port)) as server:
                if is_websocket:
                    self._websockets += [client, server]
                server.sendall(request)
                ends = (client, server, is_websocket, True)
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()
                self._pass_on(server, client, is_websocket, False)
                for end in (client, server):
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def _is_cut_by(self, count: int, up: bool) -> bool:
        with self._lock:
            if self._left is None or up != self._counts_up:
                return False
            self._left -= count
            if self._left > 0:
                return False
            self._left = None
            self.cuts += 1
            self._until = time.monotonic() + self._seconds
            ends, self._websockets = self._websockets, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return True

    def _slow_down(self, piece: bytes) -> None:
        if self.bytes_per_s is not None:
            time.sleep(len(piece) / self.bytes_per_s)

    def _pass_on(
        self, source: socket.socket, target: socket.socket, is_websocket: bool, up: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                if is_websocket and self._is_cut_by(len(piece), up):
                    break
                self._slow_down(piece)
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

"""A small Hub on 127.0.0.1: metadata by HEAD, a redirect to the content, ranged GETs."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RESOLVE = "/brandonsmart/splatt3r_v1.0/resolve/main/epoch=19-step=1200.ckpt"
CONTENT = "/content/blob"


@dataclass
class Request:
    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class HubStandIn:
    """What it serves and what it announces can be changed at any time."""

    content: bytes
    size: int | None = None  # announced; None: the true one
    sha256: str | None = None  # announced; None: the true one
    status: int = 200  # of the metadata
    cut: Callable[[int], int | None] = lambda _number: None  # n-th GET -> bytes before it breaks
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> HubStandIn:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.answer()

            def do_GET(self) -> None:
                self.answer()

            def answer(self) -> None:
                path = unquote(self.path.split("?")[0])
                header = self.headers.get
                request = Request(self.command, path, header("Range"), header("Authorization"))
                hub.requests.append(request)
                if path == RESOLVE and hub.status == 200:
                    self.send_response(302)
                    # Another host name, as the storage behind the Hub has.
                    self.send_header("Location", f"http://localhost:{hub.port}{CONTENT}")
                    self.send_header("X-Repo-Commit", COMMIT)
                    self.send_header("X-Linked-Etag", f'"{hub.announced_sha256}"')
                    self.send_header("X-Linked-Size", str(hub.announced_size))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif path == CONTENT:
                    self.send_content(request.range)
                else:
                    self.send_response(hub.status if path == RESOLVE else 404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def send_content(self, wanted: str | None) -> None:
                start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
                part = hub.content[start:]
                self.send_response(206 if wanted else 200)
                self.send_header("ETag", f'"{hub.announced_sha256}"')
                self.send_header("Content-Length", str(len(part)))
                if wanted:
                    total = len(hub.content)
                    self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
                self.end_headers()
                if self.command == "HEAD":
                    return
                cut = hub.cut(len(hub.downloads))
                self.wfile.write(part[:cut])
                if cut is not None:
                    self.wfile.flush()
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def announced_size(self) -> int:
        return len(self.content) if self.size is None else self.size

    @property
    def announced_sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest() if self.sha256 is None else self.sha256

    @property
    def downloads(self) -> list[Request]:
        return [r for r in self.requests if r.method == "GET" and r.path == CONTENT]

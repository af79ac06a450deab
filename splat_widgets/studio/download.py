"""A file on its way from the kernel to the browser's downloads, in acknowledged chunks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

CHUNK_BYTES = 4 * 2**20
WINDOW = 3  # chunks on the way: enough to keep the line busy, little enough to cancel


class Download:
    """Sends `download` (name, size), then `download_chunk` (seq) as earlier ones are acknowledged.

    The page answers each chunk with `download_ack` (seq) and offers the file when it has all.
    """

    def __init__(
        self, send: Callable[[dict[str, Any], list[memoryview]], None], request: str, data: bytes
    ) -> None:
        """`request` is the page's own id, so that other pages of the same widget stay quiet."""
        self._send = send
        self.request = request
        self._data = memoryview(data)
        self._lock = threading.Lock()
        self._next = 0
        self._acknowledged = 0

    def start(self, name: str) -> None:
        """Announce the file and send the first chunks."""
        head = {"kind": "download", "request": self.request, "name": name}
        self._send({**head, "size": len(self._data)}, [])
        self._pump()

    def acknowledge(self) -> None:
        """A chunk has arrived."""
        with self._lock:
            self._acknowledged += 1
        self._pump()

    @property
    def is_done(self) -> bool:
        """Whether everything was acknowledged."""
        return self._acknowledged * CHUNK_BYTES >= len(self._data)

    def _pump(self) -> None:
        while True:
            with self._lock:
                start = self._next * CHUNK_BYTES
                if start >= len(self._data) or self._next - self._acknowledged >= WINDOW:
                    return
                seq, self._next = self._next, self._next + 1
            message = {"kind": "download_chunk", "request": self.request, "seq": seq}
            self._send(message, [self._data[start : start + CHUNK_BYTES]])

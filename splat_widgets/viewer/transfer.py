"""Sends a scene to one view of the page in acknowledged chunks."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

from splat_widgets.viewer.wire import EncodedScene

WINDOW = 2  # chunks on their way; more would only queue up in the browser

Send = Callable[[dict[str, Any], list[bytes]], None]


class Transfer:
    """One scene on its way to one view of the page.

    Methods may be called from any thread: Jupyter runs message handlers in several.
    """

    def __init__(self, view: str, encoded: EncodedScene, send: Send) -> None:
        self.view = view
        self.id = uuid.uuid4().hex  # tells acknowledgements of an earlier transfer apart
        self.encoded = encoded
        self._send = send
        self._lock = threading.Lock()
        self._next = 0  # chunk to be sent
        self._acknowledged = 0
        self._cancelled = False

    @property
    def answered(self) -> bool:
        """True when the page has acknowledged a chunk, or there is none to acknowledge."""
        return self._acknowledged > 0 or not self.encoded.chunks

    @property
    def done(self) -> bool:
        """True when the page has acknowledged every chunk."""
        return self._acknowledged == len(self.encoded.chunks)

    def start(self) -> None:
        """Send the header and the first chunks."""
        self._send(self._message("scene", header=self.encoded.header), [])
        self._advance()

    def acknowledge(self, transfer: str) -> None:
        """The page has taken one chunk of a transfer; of an earlier one it means nothing."""
        if transfer != self.id:
            return
        with self._lock:
            self._acknowledged += 1
        self._advance()

    def cancel(self) -> None:
        """Send nothing more."""
        self._cancelled = True

    def _advance(self) -> None:
        while True:
            with self._lock:
                number = self._next
                waiting = number - self._acknowledged
                if self._cancelled or number == len(self.encoded.chunks) or waiting >= WINDOW:
                    return
                self._next += 1
            first, count, data = self.encoded.chunks[number]
            self._send(self._message("chunk", number=number, first=first, count=count), [data])

    def _message(self, kind: str, **content: Any) -> dict[str, Any]:
        return {"kind": kind, "view": self.view, "transfer": self.id, **content}

"""Files from the kernel to the browser's downloads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from splat_widgets.page.chunks import Outgoing, route, split
from splat_widgets.page.messages import Buffer, Chunk, ChunksArrived, ChunksQuestion, ChunksState
from splat_widgets.studio.messages import DownloadBegins, DownloadFailed, DownloadWanted

MAX_KEPT = 4  # a page that was closed in the middle leaves its file behind

Send = Callable[
    [DownloadBegins | DownloadFailed | Chunk | ChunksState, Sequence[Buffer]],
    None,
]


class Downloads:
    """Sends files to the pages that ask. A request may come twice; its file is made once."""

    def __init__(self, send: Send, make: Callable[[DownloadWanted], object]) -> None:
        """`make` gets each request once; it must end in `start` or `fail`."""
        self._send = send
        self._make = make
        # None while the file is being made.
        self._running: OrderedDict[str, tuple[DownloadBegins, Outgoing] | None] = OrderedDict()

    def start(self, request: str, name: str, data: bytes) -> None:
        """Send a file to the page that asked."""
        chunks = split(data)
        begins: DownloadBegins = {
            "kind": "download",
            "request": request,
            "name": name,
            "size": len(data),
            "chunks": len(chunks),
        }
        transfer = Outgoing(request, chunks, self._send)
        self._running[request] = (begins, transfer)
        while len(self._running) > MAX_KEPT:
            self._running.popitem(last=False)
        self._send(begins, ())
        transfer.advance()

    def fail(self, request: str) -> None:
        """Tell the page that the file could not be made."""
        self._running.pop(request, None)
        self._send({"kind": "download_failed", "request": request}, ())

    def on_wanted(self, message: DownloadWanted, _buffers: list[memoryview]) -> None:
        """Make the file, or announce it again."""
        request = message["request"]
        if request not in self._running:
            self._running[request] = None
            self._make(message)
        elif (known := self._running[request]) is not None:
            self._send(known[0], ())

    def on_chunks(
        self, message: ChunksArrived | ChunksQuestion, _buffers: list[memoryview]
    ) -> None:
        """Send what the page does not have."""
        transfers = [known[1] for known in self._running.values() if known is not None]
        transfer = route(message, transfers, self._send)
        if transfer is not None and transfer.is_done:
            self._running.pop(transfer.id, None)

    def __contains__(self, request: object) -> bool:
        return request in self._running

"""Transfers in acknowledged chunks, both ways; `client/src/page/chunks.ts` is the other half.

A single message above about 10 MB makes Jupyter's server close the connection without a word, so a
scene, a download and an upload travel in numbered chunks, a few on the way at a time.

    down: the kernel sends `chunk`, the page answers `chunks_arrived`
    up:   the page sends `chunk`, the kernel answers `chunks_state`

The page holds the timers, because a kernel hears nothing while a cell runs. After silence it sends
`chunks_question`, which the kernel answers with `chunks_state`. Messages keep their order: whatever
was sent before the answer to the page's *latest* question and has not arrived was lost, and is sent
again from the first missing chunk on. A chunk that comes twice does no harm. Nothing is ever given
up because of silence.

Methods may be called from any thread: Jupyter runs message handlers in several.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from splat_widgets.page.messages import (
    Buffer,
    Chunk,
    ChunksArrived,
    ChunksQuestion,
    ChunksState,
)

DOWN_BYTES = 4 * 2**20  # larger chunks block the page, many small messages are dropped by Jupyter
UP_BYTES = 2**20
WINDOW = 2  # chunks on their way down; more would only queue up in the browser


Send = Callable[[Chunk | ChunksState, Sequence[Buffer]], None]


def split(data: Buffer, size: int = DOWN_BYTES) -> list[memoryview]:
    """The data as chunks of at most `size` bytes."""
    view = memoryview(data)
    return [view[start : start + size] for start in range(0, len(view), size)]


def state(transfer: str, next: int, question: int = 0) -> ChunksState:
    """What the kernel knows of a transfer."""
    return {"kind": "chunks_state", "transfer": transfer, "next": next, "question": question}


class Outgoing:
    """Chunks on their way to one page."""

    def __init__(self, transfer: str, chunks: Sequence[Buffer], send: Send) -> None:
        self.id = transfer
        self._chunks = chunks
        self._send = send
        self._lock = threading.Lock()
        self._next = 0  # chunk to be sent
        self._arrived = 0  # chunks that the page has, from the first
        self._cancelled = False
        self.answered = not chunks  # whether the page has said anything

    @property
    def is_done(self) -> bool:
        """Whether the page has every chunk."""
        return self._arrived == len(self._chunks)

    def advance(self) -> None:
        """Send the chunks that the window allows."""
        while True:
            with self._lock:
                number = self._next
                end = min(self._arrived + WINDOW, len(self._chunks))
                if self._cancelled or number >= end:
                    return
                self._next += 1
            chunk: Chunk = {"kind": "chunk", "transfer": self.id, "number": number}
            self._send(chunk, [self._chunks[number]])

    def cancel(self) -> None:
        """Send nothing more."""
        self._cancelled = True

    def take(self, message: ChunksArrived | ChunksQuestion) -> None:
        """Handle the page's word about this transfer."""
        self.answered = True
        if message["kind"] == "chunks_question":
            self._send(state(self.id, self._arrived, message["question"]), ())
            return
        with self._lock:
            self._arrived = max(self._arrived, min(message["next"], len(self._chunks)))
            if message["resend"]:
                self._next = self._arrived
        self.advance()


def route(
    message: ChunksArrived | ChunksQuestion, transfers: Iterable[Outgoing | None], send: Send
) -> Outgoing | None:
    """Give a page's word to its transfer; a page that speaks of another one is told so."""
    for transfer in transfers:
        if transfer is not None and transfer.id == message["transfer"]:
            transfer.take(message)
            return transfer
    question = message["question"] if message["kind"] == "chunks_question" else 0
    send(state(message["transfer"], -1, question), ())
    return None


class Incoming:
    """Bytes that come from a page in chunks of `UP_BYTES`, in any order."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)
        self._missing = set(range(-(-size // UP_BYTES)))
        self._count = len(self._missing)

    @property
    def next(self) -> int:
        """The first chunk that is missing; the number of chunks if none is."""
        return min(self._missing, default=self._count)

    @property
    def is_whole(self) -> bool:
        """Whether every chunk has arrived."""
        return not self._missing

    def put(self, number: int, buffers: Sequence[Buffer]) -> None:
        """Keep a chunk.

        Raises:
            ValueError: if it does not fit; says why, to be read after the file's name.
        """
        if not 0 <= number < self._count:
            raise ValueError(f"chunk {number} is not one of its {self._count} chunks")
        if len(buffers) != 1:
            raise ValueError(f"chunk {number} came without its bytes")
        chunk, start = memoryview(buffers[0]).cast("B"), number * UP_BYTES
        expected = min(UP_BYTES, len(self.data) - start)
        if len(chunk) != expected:
            raise ValueError(f"chunk {number} has {len(chunk)} bytes, expected {expected}")
        self.data[start : start + expected] = chunk
        self._missing.discard(number)

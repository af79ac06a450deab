"""Files from the page: admitted or refused, received, and answered.

`page.chunks` describes the transfer itself. Every message may come twice:

    file_begin             ->  file_ready, or the final answer
    chunk, chunks_question ->  chunks_state
    (the last chunk)       ->  file_done or file_failed, once the owner has checked the file
    file_cancel            ->  file_failed

Files are kept in memory only. Their names are for display and never used as paths.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from splat_widgets import events
from splat_widgets.page.chunks import UP_BYTES, Incoming, state
from splat_widgets.page.messages import Chunk, ChunksQuestion, Handler
from splat_widgets.photos.source import display_name
from splat_widgets.sizes import format_bytes
from splat_widgets.upload.messages import FileBegin, FileCancel, FileDone, FileFailed, FileToPage

logger = logging.getLogger(__name__)

IDLE_S = 120.0  # the next file drops one that has been silent for this long: its page was closed
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_REMEMBERED = 256
WITHDRAWN = ("cancelled", "removed")  # reasons that are no fault of the file

Send = Callable[[FileToPage], None]
Admit = Callable[[str, int], "str | None"]


@dataclass(frozen=True)
class ReceivedFile:
    """A file that arrived whole."""

    id: str
    name: str
    data: bytes = field(repr=False)


@dataclass
class _Arrival:
    name: str
    file: Incoming
    touched_s: float


@dataclass(frozen=True)
class _Announced:
    """What the page said of a file that has had no final answer yet."""

    name: str
    size: int
    at_s: float

    def tell(self, answer: FileDone | FileFailed, now_s: float) -> None:
        """Log how its upload ended; names and reasons stay out of the log."""
        reason = "" if answer["kind"] == "file_done" else answer["reason"]
        outcome: events.Outcome = "done" if not reason else "refused"
        if reason in WITHDRAWN:
            outcome = "cancelled"
        events.tell(
            "upload",
            outcome,
            seconds=now_s - self.at_s,
            name=events.hashed(self.name),
            format=events.format_of(self.name),
            bytes=self.size,
        )


class Receiver:
    """Puts files together. Safe to call from several threads."""

    def __init__(
        self,
        send: Send,
        on_file: Callable[[ReceivedFile], object],
        *,
        max_bytes: int,
        admit: Admit | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a receiver.

        Args:
            send: sends a message to the page.
            on_file: called with each file that arrived whole; it must end in `finish` or `fail`.
            max_bytes: of one file.
            admit: (name, number of other files on the way) -> None, or the reason to refuse.
            clock: seconds.
        """
        self._send = send
        self._on_file = on_file
        self.max_bytes = max_bytes
        self._admit = admit or (lambda _name, _pending: None)
        self._clock = clock
        self._lock = threading.Lock()
        self._announced: dict[str, _Announced] = {}
        self._arrivals: dict[str, _Arrival] = {}
        self._checking: dict[str, int] = {}  # id -> number of chunks
        self._ended: OrderedDict[str, FileDone | FileFailed] = OrderedDict()

    @property
    def pending(self) -> int:
        """Number of files on the way or being checked."""
        with self._lock:
            return len(self._arrivals) + len(self._checking)

    def handlers(self) -> dict[str, Handler]:
        """What a widget does with the messages of a file, by kind."""
        return {
            "file_begin": self._on_begin,
            "file_cancel": self._on_cancel,
            "chunk": self._on_chunk,
            "chunks_question": self.on_question,
        }

    def finish(self, file_id: str) -> None:
        """Accept the file."""
        self._close({"kind": "file_done", "id": file_id})

    def fail(self, file_id: str, reason: str, *, retryable: bool = False) -> None:
        """Refuse the file; `retryable` if the fault lies in the transfer."""
        self._close(
            {"kind": "file_failed", "id": file_id, "reason": reason, "retryable": retryable}
        )

    def reset(self) -> None:
        """Refuse every file that is on the way."""
        with self._lock:
            ids = [*self._arrivals, *self._checking]
        for file_id in ids:
            self.fail(file_id, "removed")

    def is_wanted(self, file_id: str) -> bool:
        """False once a file that is being checked was cancelled."""
        with self._lock:
            return file_id in self._checking

    def on_question(self, message: ChunksQuestion, _buffers: list[memoryview]) -> None:
        """Tell the page how far a file has come."""
        with self._lock:
            arrival = self._arrivals.get(message["transfer"])
            if arrival is not None:
                arrival.touched_s = self._clock()
        self._tell(message["transfer"], message["question"])

    def _close(self, message: FileDone | FileFailed) -> None:
        file_id = message["id"]
        with self._lock:
            self._arrivals.pop(file_id, None)
            self._checking.pop(file_id, None)
            announced = self._announced.pop(file_id, None)
            self._ended[file_id] = message
            while len(self._ended) > _MAX_REMEMBERED:
                self._ended.popitem(last=False)
        if announced is not None:
            announced.tell(message, self._clock())
        self._send(message)

    def _tell(self, file_id: str, question: int = 0) -> None:
        with self._lock:
            ended, arrival = self._ended.get(file_id), self._arrivals.get(file_id)
            next_ = self._checking.get(file_id, -1) if arrival is None else arrival.file.next
        self._send(state(file_id, next_, question) if ended is None else ended)

    def _on_begin(self, message: FileBegin, _buffers: list[memoryview]) -> None:
        file_id, size, name = message["id"], message["size"], display_name(message["name"])
        if not _ID.fullmatch(file_id):
            logger.warning("ignored a file without a proper id")
            return
        with self._lock:
            self._drop_idle()
            arrival, pending = self._arrivals.get(file_id), len(self._arrivals)
            pending += len(self._checking)
            is_known = file_id in self._ended or file_id in self._checking
        if is_known:
            self._tell(file_id)
            return
        if arrival is not None:  # `file_ready` was lost, or the id is used twice
            if (arrival.name, len(arrival.file.data)) == (name, size):
                self._send({"kind": "file_ready", "id": file_id, "chunk_bytes": UP_BYTES})
            else:
                self.fail(file_id, "its transfer was begun twice; try again", retryable=True)
            return
        with self._lock:
            self._announced[file_id] = _Announced(name, size, self._clock())
        reason = self._refusal(size) or self._admit(name, pending)
        if reason is not None:
            self.fail(file_id, reason)
            return
        with self._lock:
            self._arrivals[file_id] = _Arrival(name, Incoming(size), self._clock())
        self._send({"kind": "file_ready", "id": file_id, "chunk_bytes": UP_BYTES})

    def _refusal(self, size: int) -> str | None:
        if size < 0:
            return "its size is not known"
        if size == 0:
            return "is empty"
        if size > self.max_bytes:
            limit = format_bytes(self.max_bytes)
            return f"has {format_bytes(size)}, more than the limit of {limit}"
        return None

    def _on_chunk(self, message: Chunk, buffers: list[memoryview]) -> None:
        file_id, whole = message["transfer"], None
        try:
            with self._lock:
                arrival = self._arrivals.get(file_id)
                if arrival is not None:
                    arrival.touched_s = self._clock()
                    arrival.file.put(message["number"], buffers)
                    if arrival.file.is_whole:
                        whole = self._arrivals.pop(file_id)
                        self._checking[file_id] = whole.file.next
        except ValueError as error:
            self.fail(file_id, f"{error}; try again", retryable=True)
            return
        self._tell(file_id)
        if whole is not None:
            self._on_file(ReceivedFile(file_id, whole.name, bytes(whole.file.data)))

    def _on_cancel(self, message: FileCancel, _buffers: list[memoryview]) -> None:
        self.fail(message["id"], "cancelled")

    def _drop_idle(self) -> None:
        now = self._clock()
        for file_id in [i for i, a in self._arrivals.items() if now - a.touched_s > IDLE_S]:
            logger.info("dropped a file whose transfer stopped")
            del self._arrivals[file_id]
            self._announced.pop(file_id, None)

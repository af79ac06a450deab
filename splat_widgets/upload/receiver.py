"""Files that come over a comm in acknowledged chunks: the kernel's half.

A single message above about 10 MB makes Jupyter's server close the connection without a word, so a
file travels in chunks. The front end (`client/src/upload/sender.ts`) keeps a few chunks on the way
and sends one again when its acknowledgement stays away; hence every message may come twice, and
chunks may come in any order. The front end says and is told (`kind`, all with the file's `id`):

    file_begin  name, size        ->  file_ready  chunk_bytes
    file_chunk  seq + one buffer  ->  file_ack    seq
    file_end    sha256            ->  file_done
    file_cancel
    file_failed reason            <-  at any time; the file is forgotten

Files live in memory only, and their names are text to show, never paths.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from splat_widgets.photos.opening import display_name
from splat_widgets.settings import format_bytes

logger = logging.getLogger(__name__)

CHUNK_BYTES = 2**20
IDLE_S = 120.0  # a file whose page went away is dropped when the next one begins
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_REMEMBERED = 256

Send = Callable[[dict[str, Any]], None]
Admit = Callable[[str, int], "str | None"]


@dataclass(frozen=True)
class ReceivedFile:
    """A file that arrived whole."""

    id: str
    name: str
    data: bytes = field(repr=False)
    sha256: str


@dataclass
class _Arrival:
    name: str
    data: bytearray
    missing: set[int]
    touched_s: float


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
            send: sends a message to the front end.
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
        self._arrivals: dict[str, _Arrival] = {}
        self._checking: set[str] = set()
        self._ended: OrderedDict[str, dict[str, Any]] = OrderedDict()  # id -> its last message

    @property
    def pending(self) -> int:
        """Number of files on the way or being checked."""
        with self._lock:
            return len(self._arrivals) + len(self._checking)

    def handle(self, content: dict[str, Any], buffers: list[memoryview]) -> bool:
        """Take a message; False if it is not one of this protocol."""
        kind = content.get("kind")
        step = {
            "file_begin": self._begin,
            "file_chunk": self._chunk,
            "file_end": self._end,
            "file_cancel": self._cancel,
        }.get(str(kind))
        if step is None:
            return False
        file_id = content.get("id")
        if not isinstance(file_id, str) or not _ID.fullmatch(file_id):
            logger.warning("ignored a %s message without a proper id", kind)
            return True
        step(file_id, content, buffers)
        return True

    def finish(self, file_id: str) -> None:
        """The file was taken."""
        self._close(file_id, {"kind": "file_done", "id": file_id})

    def fail(self, file_id: str, reason: str) -> None:
        """The file is not taken."""
        self._close(file_id, {"kind": "file_failed", "id": file_id, "reason": reason})

    def reset(self) -> None:
        """Forget whatever is on the way."""
        with self._lock:
            ids = [*self._arrivals, *self._checking]
        for file_id in ids:
            self.fail(file_id, "removed")

    def is_wanted(self, file_id: str) -> bool:
        """False once a file that is being checked was cancelled."""
        with self._lock:
            return file_id in self._checking

    def _close(self, file_id: str, message: dict[str, Any]) -> None:
        with self._lock:
            self._arrivals.pop(file_id, None)
            self._checking.discard(file_id)
            self._ended[file_id] = message
            while len(self._ended) > _MAX_REMEMBERED:
                self._ended.popitem(last=False)
        self._send(message)

    def _begin(self, file_id: str, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        size = content.get("size")
        with self._lock:
            self._drop_idle()
            ended = self._ended.get(file_id)
            arrival = self._arrivals.get(file_id)
            pending = len(self._arrivals) + len(self._checking)
            checking = file_id in self._checking
        if ended is not None:
            self._send(ended)
            return
        if checking:
            return
        if arrival is not None:  # the first `file_ready` was lost, or the id is used twice
            same = arrival.name == display_name(content.get("name")) and len(arrival.data) == size
            if same:
                self._send_ready(file_id)
            else:
                self.fail(file_id, "its transfer was begun twice; try again")
            return
        name = display_name(content.get("name"))
        reason = self._refusal(size) or self._admit(name, pending)
        if reason is not None:
            self.fail(file_id, reason)
            return
        assert isinstance(size, int)  # _refusal looked
        chunks = range(-(-size // CHUNK_BYTES))
        with self._lock:
            self._arrivals[file_id] = _Arrival(name, bytearray(size), set(chunks), self._clock())
        self._send_ready(file_id)

    def _send_ready(self, file_id: str) -> None:
        self._send({"kind": "file_ready", "id": file_id, "chunk_bytes": CHUNK_BYTES})

    def _refusal(self, size: object) -> str | None:
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            return "its size is not known"
        if size == 0:
            return "is empty"
        if size > self.max_bytes:
            limit = format_bytes(self.max_bytes)
            return f"has {format_bytes(size)}, more than the limit of {limit}"
        return None

    def _chunk(self, file_id: str, content: dict[str, Any], buffers: list[memoryview]) -> None:
        seq = content.get("seq")
        with self._lock:
            arrival = self._arrivals.get(file_id)
            problem = None
            if arrival is None:
                if file_id in self._checking:
                    return
                problem = self._ended.get(file_id) or {
                    "kind": "file_failed",
                    "id": file_id,
                    "reason": "the kernel does not know of this transfer; try again",
                }
            else:
                problem = self._store(file_id, arrival, seq, buffers)
        if problem is None:
            self._send({"kind": "file_ack", "id": file_id, "seq": seq})
        elif problem["kind"] == "file_failed":
            self.fail(file_id, problem["reason"])
        else:
            self._send(problem)

    def _store(
        self, file_id: str, arrival: _Arrival, seq: object, buffers: list[memoryview]
    ) -> dict[str, Any] | None:
        """Put a chunk in its place; the message to fail with if it does not fit there."""
        arrival.touched_s = self._clock()
        num_chunks = -(-len(arrival.data) // CHUNK_BYTES)
        wrong = None
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < num_chunks:
            wrong = f"chunk {seq!r} is not one of its {num_chunks} chunks"
        elif len(buffers) != 1:
            wrong = f"chunk {seq} came without its bytes"
        else:
            chunk = memoryview(buffers[0]).cast("B")
            start = seq * CHUNK_BYTES
            expected = min(CHUNK_BYTES, len(arrival.data) - start)
            if len(chunk) != expected:
                wrong = f"chunk {seq} has {len(chunk)} bytes, expected {expected}"
            elif seq in arrival.missing:
                arrival.data[start : start + expected] = chunk
                arrival.missing.discard(seq)
        if wrong is None:
            return None
        return {"kind": "file_failed", "id": file_id, "reason": f"{wrong}; try again"}

    def _end(self, file_id: str, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        with self._lock:
            ended = self._ended.get(file_id)
            checking = file_id in self._checking
            arrival = None if ended or checking else self._arrivals.pop(file_id, None)
            if arrival is not None:
                self._checking.add(file_id)
        if ended is not None:
            self._send(ended)
            return
        if checking:  # said twice; `finish` or `fail` will answer
            return
        if arrival is None:
            self.fail(file_id, "the kernel does not know of this transfer; try again")
            return
        if arrival.missing:
            self.fail(file_id, f"{len(arrival.missing)} of its chunks did not arrive; try again")
            return
        digest = hashlib.sha256(arrival.data).hexdigest()
        if content.get("sha256") != digest:
            self.fail(file_id, "was damaged on the way (its checksum differs); try again")
            return
        self._on_file(ReceivedFile(file_id, arrival.name, bytes(arrival.data), digest))

    def _cancel(self, file_id: str, _content: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.fail(file_id, "cancelled")

    def _drop_idle(self) -> None:
        now = self._clock()
        for file_id in [i for i, a in self._arrivals.items() if now - a.touched_s > IDLE_S]:
            logger.info("dropped a file whose transfer stopped")
            del self._arrivals[file_id]

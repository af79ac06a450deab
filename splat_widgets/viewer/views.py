"""The views of a viewer on pages, and what each of them is being sent."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from splat_widgets.page.chunks import Outgoing, route
from splat_widgets.page.messages import ChunksArrived, ChunksQuestion
from splat_widgets.viewer.wire import EncodedScene

# A view that has been silent this long while others answered belongs to a page that is gone. It is
# forgotten; if it answers later, it gets the scene again.
SILENCE_S = 60.0


class Views:
    """One transfer for each view, named by its page's id."""

    def __init__(self, send: Callable[..., None]) -> None:
        """`send` takes a message and its buffers."""
        self._send = send
        self._lock = threading.RLock()
        self._transfers: dict[str, Outgoing | None] = {}  # None while there is no scene
        self._unanswered: dict[str, float] = {}  # since when a view has not answered

    def __len__(self) -> int:
        return len(self._transfers)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._transfers))

    def transfer(self, view: str, encoded: EncodedScene | None, has: str | None) -> Outgoing | None:
        """What a view is to be sent: a new transfer, unless it `has` its own; None for no scene."""
        with self._lock:
            transfer = self._transfers.get(view)
            if view not in self._transfers or has != name_of(transfer):
                if transfer is not None:
                    transfer.cancel()
                transfer = None
                if encoded is not None:
                    data = [data for _, _, data in encoded.chunks]
                    transfer = Outgoing(uuid.uuid4().hex, data, self._send)
                self._transfers[view] = transfer
                if transfer is not None and not transfer.answered:
                    self._unanswered.setdefault(view, time.monotonic())
        return transfer

    def answer(self, message: ChunksArrived | ChunksQuestion) -> None:
        """Take what a view says of its chunks."""
        transfer = route(message, list(self._transfers.values()), self._send)
        views = [view for view, known in self._transfers.items() if known is transfer]
        if transfer is not None and views:
            self.forget_silent(views[0])

    def forget_silent(self, speaker: str) -> None:
        """Forget views that are silent, when another one sends a message.

        While a cell runs, none of them can.
        """
        now = time.monotonic()
        with self._lock:
            self._unanswered.pop(speaker, None)
            silent = [view for view, t in self._unanswered.items() if now - t > SILENCE_S]
        for view in silent:
            self.forget(view)

    def forget(self, view: str) -> None:
        """A view is gone."""
        with self._lock:
            transfer = self._transfers.pop(view, None)
            self._unanswered.pop(view, None)
        if transfer is not None:
            transfer.cancel()

    def clear(self) -> None:
        """All views are gone."""
        for view in self:
            self.forget(view)


def name_of(transfer: Any) -> str:
    """Name of a transfer in messages; empty for none."""
    return "" if transfer is None else transfer.id

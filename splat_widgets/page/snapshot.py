"""A picture that the page is asked for and that arrives later."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
from collections.abc import Generator
from typing import Any

from splat_widgets.files import local_path, replacing


class SnapshotError(RuntimeError):
    """No picture came back."""


class Snapshot(concurrent.futures.Future[bytes]):
    """PNG bytes to come: `png = await viewer.snapshot()`.

    The picture comes as a message, which the kernel reads only between cells or during an `await`.
    Without `await`, pass `path`: the file appears when the picture has arrived. Or use
    `add_done_callback`.
    """

    def __init__(self, path: str | os.PathLike[str] | None, timeout_s: float) -> None:
        super().__init__()
        self.path = None if path is None else local_path(path)
        self.timeout_s = timeout_s

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._wait().__await__()

    async def _wait(self) -> bytes:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self), self.timeout_s)
        except TimeoutError:
            raise SnapshotError(
                f"no picture after {self.timeout_s:g} s: is the viewer displayed in an open "
                "notebook, and has its scene been loaded? (ipykernel 6 cannot receive one while a "
                "cell runs: there, pass `path` and look in a later cell)"
            ) from None

    def __repr__(self) -> str:
        if not self.done():
            return "<Snapshot: waiting for the page; use `await`>"
        if self.exception():
            return f"<Snapshot: {self.exception()}>"
        return f"<Snapshot: PNG, {len(self.result()):,} bytes>"

    def deliver(self, png: bytes) -> None:
        """The picture has arrived: write the file and wake whoever waits."""
        if self.done():  # a second page answered too, or nobody waits any more
            return
        try:
            if self.path is not None:
                with replacing(self.path) as partial:
                    partial.write_bytes(png)
        except OSError as error:
            self.set_exception(error)
        else:
            self.set_result(png)

    def fail(self, reason: str) -> None:
        """The page could not draw it."""
        if not self.done():
            self.set_exception(SnapshotError(reason))

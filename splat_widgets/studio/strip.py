"""The studio's strip: run, stages, results. What the buttons do is the studio's business."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from traitlets import Bool, Dict, List, Unicode

from splat_widgets.page.bundle import BundledWidget
from splat_widgets.studio.download import Download
from splat_widgets.studio.records import MessageItem, ResultItem, RunItem
from splat_widgets.upload.receiver import ReceivedFile, Receiver

logger = logging.getLogger(__name__)

MAX_SCENE_BYTES = 2**30  # of a .ply from the browser
Handler = Callable[[dict[str, Any]], object]


class RunStrip(BundledWidget):
    """Generate and Cancel, the stages with their times, the list of results.

    Messages of the front end, besides those of file transfer: `generate`, `cancel`, `reset`;
    `show`, `save`, `forget` (id); `download` (id, request); `download_ack` (request);
    `open_saved` (name).
    """

    _entry = Unicode("strip").tag(sync=True)
    run = Dict(help="The run that goes on, or the last one.").tag(sync=True, record=RunItem)
    can_generate = Bool(False, help="Whether there are photos to start with.").tag(sync=True)
    results = List(help="The last scenes, newest first.").tag(sync=True, record=ResultItem)
    message = Dict(help="The last thing there was to say.").tag(sync=True, record=MessageItem)
    notice = Unicode(help="What to know about the model.").tag(sync=True)
    model_line = Unicode(help="Which model is loaded, where.").tag(sync=True)
    saved_files = List(help="Scenes in the output folder, newest first.").tag(
        sync=True, ts="string[]"
    )
    output_dir = Unicode(help="Where scenes are saved.").tag(sync=True)

    def __init__(
        self,
        handlers: dict[str, Handler],
        on_scene: Callable[[ReceivedFile], object],
        **traits: Any,
    ) -> None:
        """`handlers` by message kind; `on_scene` gets a `.ply` that came from the browser."""
        self._handlers = handlers
        self.receiver = Receiver(self.send, on_scene, max_bytes=MAX_SCENE_BYTES)
        self._downloads: dict[str, Download] = {}
        super().__init__(**{"layout": {"width": "100%"}, **traits})

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a message; an empty one clears it."""
        self.message = dict(MessageItem(level="error" if error else "info", text=text))

    def download(self, request: str, name: str, data: bytes) -> None:
        """Send a file to the page that asked."""
        started = Download(lambda m, b: self.send(m, buffers=b), request, data)
        # One per page at a time; what a closed page left behind goes with the next one.
        self._downloads = {request: started}
        started.start(name)

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        if self.receiver.handle(content, buffers):
            return
        kind = str(content.get("kind"))
        if kind == "download_ack":
            running = self._downloads.get(str(content.get("request")))
            if running is not None:
                running.acknowledge()
                if running.is_done:
                    self._downloads.pop(running.request, None)
        elif kind in self._handlers:
            self._handlers[kind](content)
        else:
            logger.warning("ignored an unknown message of the studio's strip: %r", kind)

"""The studio's strip: buttons, run, list of scenes. The studio does what the buttons say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, get_args

from traitlets import Bool, CaselessStrEnum, Dict, List, Unicode

from splat_widgets.page.bundle import BundledWidget
from splat_widgets.page.messages import Buffer, ChunksQuestion, Handler
from splat_widgets.studio.download import Downloads
from splat_widgets.studio.messages import ToKernel, ToPage
from splat_widgets.studio.records import (
    MessageItem,
    RefineChoice,
    ResultItem,
    RunItem,
    VerdictItem,
)
from splat_widgets.studio.verdict import NO_VERDICT
from splat_widgets.upload.receiver import ReceivedFile, Receiver

MAX_SCENE_BYTES = 10**9  # of a .ply from the browser
OF_FOLDER = ("save", "keep", "open_saved")  # what a page that may not save cannot ask for
Button = Callable[[Any], object]


class RunStrip(BundledWidget):
    """Generate and Cancel, the stages with their times, the list of results."""

    _entry = Unicode("strip").tag(sync=True)
    _to_kernel = ToKernel
    run = Dict(help="The current run, or the last one.").tag(sync=True, record=RunItem)
    can_generate = Bool(False, help="Whether there are photos to start with.").tag(sync=True)
    refine = CaselessStrEnum(
        get_args(RefineChoice), "auto", help="Whether the photos decide about depth and Gaussians."
    ).tag(sync=True)
    refine_line = Unicode(help="The rule of the choice, and what it means now.").tag(sync=True)
    estimate = Unicode(help="What the next run will take, in words; empty if unknown.").tag(
        sync=True
    )
    verdict = Dict(dict(NO_VERDICT), help="What the photos say of the scene.").tag(
        sync=True, record=VerdictItem
    )
    results = List(help="The last scenes, newest first.").tag(sync=True, record=ResultItem)
    message = Dict(help="The last message.").tag(sync=True, record=MessageItem)
    notice = Unicode(help="What the user should know about the model.").tag(sync=True)
    model_line = Unicode(help="The loaded model and its device.").tag(sync=True)
    saved_files = List(help="Scenes in the output folder, newest first.").tag(
        sync=True, ts="string[]"
    )
    output_dir = Unicode(help="Where scenes are saved.").tag(sync=True)
    saves = Bool(True, help="Whether the page may save there, or only download.").tag(sync=True)

    def __init__(
        self,
        buttons: dict[str, Button],
        on_scene: Callable[[ReceivedFile], object],
        **traits: Any,
    ) -> None:
        """`buttons` by message kind; `on_scene` gets a `.ply` that came from the browser."""
        self._buttons = buttons
        self.receiver = Receiver(self.send, on_scene, max_bytes=MAX_SCENE_BYTES)
        self.downloads = Downloads(
            lambda message, buffers: self.send(message, buffers), buttons["download"]
        )
        super().__init__(**{"layout": {"width": "100%"}, **traits})

    def __repr__(self) -> str:
        return f"RunStrip({self.run.get('status', 'idle')})"

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a message; an empty one clears it."""
        self.message = dict(MessageItem(level="error" if error else "info", text=text))

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to every page that shows the strip."""
        self._post(content, buffers)

    def _handlers(self) -> dict[str, Handler]:
        return {
            **super()._handlers(),
            **{
                kind: partial(_press, press)
                for kind, press in self._buttons.items()
                if self.saves or kind not in OF_FOLDER
            },
            **self.receiver.handlers(),
            "download": self.downloads.on_wanted,
            "chunks_arrived": self.downloads.on_chunks,
            "chunks_question": self._on_question,
        }

    def _on_question(self, message: ChunksQuestion, buffers: list[memoryview]) -> None:
        is_download = message["transfer"] in self.downloads
        handler = self.downloads.on_chunks if is_download else self.receiver.on_question
        handler(message, buffers)


def _press(button: Button, message: Any, _buffers: list[memoryview]) -> None:
    button(message)

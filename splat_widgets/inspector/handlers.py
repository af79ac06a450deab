"""What the inspector's pages ask for and are told; `records` describes what the messages hold.

Attributes travel once each, when a page asks for them. A selection is a mask in Python and packed
bits on the way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from splat_widgets import attributes, events
from splat_widgets.attributes.registry import AttributeLookupError
from splat_widgets.inspector import channels, picking
from splat_widgets.inspector.catalogue import photos
from splat_widgets.inspector.messages import (
    Action,
    AttributeWanted,
    PhotosWanted,
    Pick,
    ScriptWanted,
    Select,
    ToPage,
)
from splat_widgets.inspector.script import Script
from splat_widgets.inspector.selection import Selection
from splat_widgets.inspector.steps import assigned, selected_by
from splat_widgets.jobs.explain import sentence
from splat_widgets.jobs.worker import Worker
from splat_widgets.page.messages import Buffer, Handler
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.messages import Length
from splat_widgets.viewer.wire import EncodedScene

logger = logging.getLogger(__name__)

# Apart, so that a click is answered while half a million values are on their way.
_channels = Worker("splat-attributes")
_slow_channels = Worker("splat-slow-attributes")
_answers = Worker("splat-picks")
_edits = Worker("splat-edits")


class Inspected(Protocol):
    """What the handlers use of an `Inspector`."""

    @property
    def scene(self) -> Scene | None:
        """What is shown."""
        ...

    @property
    def encoded(self) -> EncodedScene | None:
        """The scene as the page has it."""
        ...

    @property
    def script(self) -> Script:
        """Python that repeats what was done."""
        ...

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to the pages."""
        ...

    def show_message(self, text: str, level: str = "info") -> None:
        """Show a line on the panel."""
        ...


class PageHandlers:
    """Answers the pages of one inspector and tells them what is selected and picked."""

    def __init__(
        self,
        inspector: Inspected,
        selection: Selection,
        actions: Mapping[str, Callable[[Action], object]],
    ) -> None:
        """`actions` change the scene or the selection; each takes the message that asks for it."""
        self._inspector, self._selection, self._actions = inspector, selection, actions
        self._in_work: set[tuple[str, str]] = set()  # view and request
        self._selected: dict[str, str] = {}  # by view: the latest request

    def handlers(self) -> dict[str, Handler]:
        """What to do with a message, by kind; errors go to the panel."""
        own: dict[str, Handler] = {
            "attribute": self._on_attribute,
            "photos": self._on_photos,
            "select": self._on_select,
            "pick": self._on_pick,
            "action": self._on_action,
            "script": self._on_script,
        }
        return {kind: partial(self._reporting, kind, handler) for kind, handler in own.items()}

    def send_selection(self, view: str) -> None:
        """Tell a view what is selected."""
        encoded, mask = self._inspector.encoded, self._selection.now.mask
        if encoded is None or len(mask) != len(encoded.order) + encoded.num_dropped:
            return  # another thread has just replaced the scene, and sends it
        content: ToPage = {
            "kind": "selection",
            "view": view,
            "scene": encoded.header["scene"],
            "count": int(np.count_nonzero(mask)),
            "total": len(encoded.order),
        }
        self._inspector.send(content, buffers=[channels.pack(mask, encoded.order)])

    def send_picked(self, view: str | None = None) -> None:
        """Tell a view, or every one, which Gaussian is picked, with its numbers."""
        _answers.submit(partial(self._reporting, "pick", self._send_picked, view, None, ()))

    def _reporting(self, what: str, job: Callable[..., object], *arguments: Any) -> None:
        """Do something for the page; an error is shown on the panel."""
        try:
            job(*arguments)
        except Exception as error:
            logger.warning("%s: %s", what, error, exc_info=error)
            events.tell("error", "failed", error=error, where=what)
            text = sentence(str(error) or type(error).__name__)
            self._inspector.show_message(text, "error")

    def _submit(
        self, worker: Worker, what: str, asked: AttributeWanted | PhotosWanted, job: Callable
    ) -> None:
        """Answer a request, unless that is being done: a page that waits asks again."""
        key = asked["view"], asked["request"]
        if key in self._in_work:
            return
        self._in_work.add(key)

        def answer() -> None:
            try:
                self._reporting(what, job, asked)
            finally:
                self._in_work.discard(key)

        worker.submit(answer)

    def _on_attribute(self, message: AttributeWanted, _buffers: list[memoryview]) -> None:
        name = message["name"]
        try:
            slow = attributes.get(name, self._inspector.scene).slow
        except AttributeLookupError:
            slow = False
        worker = _slow_channels if slow else _channels
        self._submit(worker, name, message, self._send_attribute)

    def _send_attribute(self, asked: AttributeWanted) -> None:
        name, view, request = asked["name"], asked["view"], asked["request"]
        scene, encoded = self._inspector.scene, self._inspector.encoded
        if scene is None or encoded is None:
            messages = iter([channels.attribute_problem(name, "there is no scene")])
        else:
            messages = channels.attribute_messages(scene, name, encoded.order)
        try:
            for content, data in messages:
                self._inspector.send({**content, "view": view, "request": request}, data)
        except Exception as error:  # a formula of the user's own may raise anything
            logger.warning("the attribute %r could not be computed", name, exc_info=error)
            events.tell("error", "failed", error=error, where="attribute")
            content, data = channels.attribute_problem(name, str(error) or type(error).__name__)
            self._inspector.send({**content, "view": view, "request": request}, data)

    def _on_photos(self, message: PhotosWanted, _buffers: list[memoryview]) -> None:
        self._submit(_channels, "photos", message, self._send_photos)

    def _send_photos(self, asked: PhotosWanted) -> None:
        scene = self._inspector.scene
        known = scene.photos if scene is not None and scene.has("photos") else ()
        content: ToPage = {
            "kind": "photos",
            "view": asked["view"],
            "request": asked["request"],
            "photos": photos(scene),
            "problem": "" if known else "Gaussians alone have no photos",
        }
        self._inspector.send(content, buffers=[channels.png(photo.pixels) for photo in known])

    def _on_select(self, message: Select, buffers: list[memoryview]) -> None:
        view, request = message["view"], message["request"]
        self._inspector.send({"kind": "selected", "view": view, "request": request})
        if self._selected.get(view) == request:
            self.send_selection(view)  # sent again, because the answer was lost
            return
        self._selected[view] = request
        encoded = self._present_scene(message)
        if encoded is None:
            return
        count = len(self._selection.now.mask)
        try:
            mask = channels.unpack(buffers[0] if buffers else b"", encoded.order, count)
        except ValueError:
            self.send_selection(view)  # the page goes back to what is selected here
            raise
        try:
            step = selected_by(message["how"], encoded.order, dropped=encoded.num_dropped > 0)
        except (KeyError, TypeError, ValueError, IndexError):
            logger.warning("the script repeats the result of a selection, not the gesture")
            step = assigned(mask)
        self._selection.select(mask, step, view)

    def _on_pick(self, message: Pick, _buffers: list[memoryview]) -> None:
        encoded = self._present_scene(message)
        if encoded is None:
            return
        wire = message["wire"]
        found = 0 <= wire < len(encoded.order)
        self._selection.pick(int(encoded.order[wire]) if found else -1, message["view"])
        stack = [(int(place), float(weight)) for place, weight in message["stack"]]
        view, number = message["view"], message["number"]
        _answers.submit(partial(self._reporting, "pick", self._send_picked, view, number, stack))

    def _send_picked(
        self, view: str | None, number: int | None, stack: Sequence[tuple[int, float]]
    ) -> None:
        scene, encoded = self._inspector.scene, self._inspector.encoded
        index, data = self._selection.now.picked, []
        if scene is None or encoded is None or not 0 <= index < len(scene):
            found = picking.nothing()
        else:
            try:
                found, data = picking.answer(scene, index, encoded.order, stack)
            except Exception as error:  # a formula of the user's own may raise anything
                logger.warning("a Gaussian has no numbers", exc_info=error)
                found = picking.nothing(str(error) or type(error).__name__)
        self._inspector.send({**found, "kind": "picked", "view": view, "number": number}, data)

    def _on_script(self, message: ScriptWanted, _buffers: list[memoryview]) -> None:
        text = str(self._inspector.script)
        self._inspector.send({"kind": "script", "view": message["view"], "text": text})

    def _on_action(self, message: Action, _buffers: list[memoryview]) -> None:
        name = message["name"]
        action = self._actions.get(name)
        if action is None:
            logger.warning("the page asked for an unknown action: %r", name)
        elif self._present_scene(message) is not None:
            _edits.submit(partial(self._reporting, name, action, message))

    def edit(self, name: str, message: Length, job: Callable[[], object]) -> None:
        """Edit the scene for a page that shows it still; an error goes to the panel."""
        if self._present_scene(message) is not None:
            _edits.submit(partial(self._reporting, name, job))

    def _present_scene(self, message: Select | Pick | Action | Length) -> EncodedScene | None:
        """The scene on the page; None if a message is about an earlier one."""
        encoded = self._inspector.encoded
        if encoded is None or message["scene"] != encoded.header["scene"]:
            return None
        return encoded

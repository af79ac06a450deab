"""What the inspector and its pages say to each other; `records` says what the messages hold.

Attributes travel once each, when a page asks for them. A selection is a mask in Python and packed
bits on the way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from traitlets import TraitError

from splat_widgets.inspector import channels, picking
from splat_widgets.inspector.catalogue import items, photos
from splat_widgets.inspector.script import Script, Step, assigned, selected_by
from splat_widgets.inspector.state import InspectorState
from splat_widgets.jobs.worker import Worker
from splat_widgets.scene.scene import SceneLike
from splat_widgets.viewer import SplatViewer
from splat_widgets.viewer.wire import EncodedScene

logger = logging.getLogger(__name__)

# Apart, so that a click is answered while half a million values are on their way.
_channels = Worker("splat-attributes")
_slow_channels = Worker("splat-slow-attributes")
_answers = Worker("splat-picks")
_edits = Worker("splat-edits")


class Dialogue(InspectorState, SplatViewer):
    """The inspector's ear and mouth; `Inspector` acts."""

    def __init__(self, scene: SceneLike | None = None, **traits: Any) -> None:
        # What this thread is doing: a trait that it sets then is no wish of the user.
        self._doing = threading.local()
        super().__init__(scene, **traits)

    @property
    def script(self) -> Script:
        """Python that does again what was done here."""
        raise NotImplementedError

    def _actions(self, content: dict[str, Any]) -> dict[str, Callable[[], object]]:
        """What a page may ask for, by name."""
        raise NotImplementedError

    def _select(self, mask: np.ndarray, step: Step, view: str | None = None) -> None:
        """Select by something else than an assignment; the view it came from knows already."""
        raise NotImplementedError

    def _show_info(self) -> None:
        self.scene_info = self._info()

    def say(self, text: str, level: str = "info") -> None:
        """Show a line on the panel."""
        self.message = {"level": level, "text": text}

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page changed; what is not allowed is put back there and said."""
        try:
            super().set_state(sync_data)
        except TraitError as error:
            self.say(str(error), "error")
            self.send_state(list(sync_data))

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a message to every page that shows the inspector."""
        self._post(content, buffers)

    def _show_picked(self, view: str | None = None) -> None:
        """Tell a view, or every one, which Gaussian is looked at."""
        if self._transfers:
            answer = partial(self._answer_pick, asked=None if view is None else {"view": view})
            _answers.submit(partial(self._guarded, "look at a Gaussian", answer))

    def _publish(self, besides: str | None = None) -> None:
        """Tell the views what is selected."""
        for view in list(self._transfers):
            if view != besides:
                self._send_selection(view)

    def _send_scene(self, view: str) -> None:
        super()._send_scene(view)
        self._send_selection(view)
        if self.picked >= 0:
            self._show_picked(view)

    def _send_selection(self, view: str) -> None:
        encoded, mask = self.encoded, self.selection
        if encoded is None or len(mask) != len(encoded.order) + encoded.num_dropped:
            return  # another thread has just replaced the scene, and sends it
        content = {
            "kind": "selection",
            "view": view,
            "scene": encoded.header["scene"],
            "count": int(np.count_nonzero(mask)),
            "total": len(encoded.order),
        }
        self.send(content, buffers=[channels.pack(mask, encoded.order)])

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        kind = content.get("kind")
        if kind == "ready":
            self.catalogue = items(self.scene)
        handlers = {
            "attribute": self._on_attribute,
            "photos": self._on_photos,
            "select": self._on_select,
            "pick": self._on_pick,
            "action": self._on_action,
            "script": self._on_script,
        }
        handler = handlers.get(str(kind))
        if handler is None:
            super()._on_message(content, buffers)
            self._show_info()  # how many are left out is known once the scene has been encoded
        else:
            self._guarded(str(kind), lambda: handler(content, buffers))

    def _on_attribute(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        name = str(content.get("name"))
        slow = any(item["name"] == name and item["slow"] for item in self.catalogue)
        worker = _slow_channels if slow else _channels
        worker.submit(lambda: self._guarded(name, lambda: self._send_attribute(name, content)))

    def _send_attribute(self, name: str, asked: dict[str, Any]) -> None:
        about = {key: asked.get(key) for key in ("request", "view")}
        scene, encoded = self.scene, self.encoded
        if scene is None or encoded is None:
            messages = iter([channels.attribute_problem(name, "there is no scene")])
        else:
            about["scene"] = encoded.header["scene"]
            messages = channels.attribute_messages(scene, name, encoded.order)
        try:
            for content, data in messages:
                self.send({**content, **about}, buffers=data)
        except Exception as error:  # a formula of the user's own may raise anything
            logger.warning("the attribute %r could not be computed", name, exc_info=error)
            content, data = channels.attribute_problem(name, str(error) or type(error).__name__)
            self.send({**content, **about}, buffers=data)

    def _on_photos(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        _channels.submit(lambda: self._guarded("photos", lambda: self._send_photos(content)))

    def _send_photos(self, asked: dict[str, Any]) -> None:
        scene = self.scene
        known = scene.photos if scene is not None and scene.has("photos") else ()
        self.send(
            {
                "kind": "photos",
                "view": asked.get("view"),
                "request": asked.get("request"),
                "photos": photos(scene),
                "problem": "" if known else "Gaussians alone have no photos",
            },
            buffers=[channels.png(view.pixels) for view in known],
        )

    def _on_select(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        encoded = self._of_present_scene(content)
        if encoded is None:
            return
        view = str(content.get("view", ""))
        try:
            mask = channels.unpack(buffers[0] if buffers else b"", encoded.order, self._count())
        except ValueError:
            self._send_selection(view)  # what the page shows is what counts here
            raise
        try:
            step = selected_by(content["how"], encoded.order, dropped=encoded.num_dropped > 0)
        except (KeyError, TypeError, ValueError, IndexError):
            logger.warning("the script holds the result of a selection, not its way")
            step = assigned(mask)
        self._select(mask, step, view=view)

    def _on_pick(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        encoded = self._of_present_scene(content)
        if encoded is None:
            return
        wire = int(content.get("wire", -1))
        with self._acting():
            self.picked = int(encoded.order[wire]) if 0 <= wire < len(encoded.order) else -1
        stack = [(int(place), float(weight)) for place, weight in content.get("stack") or ()]
        _answers.submit(lambda: self._guarded("pick", lambda: self._answer_pick(stack, content)))

    def _answer_pick(
        self, stack: Sequence[tuple[int, float]] = (), asked: dict[str, Any] | None = None
    ) -> None:
        about = {"kind": "picked", "number": None}
        if asked is not None:
            about = {"kind": "picked", "number": asked.get("number"), "view": asked.get("view")}
        scene, encoded, index = self.scene, self.encoded, self.picked
        if scene is None or encoded is None or not 0 <= index < len(scene):
            self.send({**about, **picking.nothing()}, buffers=[])
            return
        try:
            found, data = picking.answer(scene, index, encoded.order, stack)
        except Exception as error:  # a formula of the user's own may raise anything
            logger.warning("a Gaussian could not be looked at", exc_info=error)
            found, data = picking.nothing(str(error) or type(error).__name__), []
        self.send({**about, **found}, buffers=data)

    def _on_script(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.send({"kind": "script", "view": content.get("view"), "text": str(self.script)})

    def _on_action(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self._of_present_scene(content) is None:
            return
        name = content.get("name")
        job = self._actions(content).get(str(name))
        if job is None:
            logger.debug("an unknown action: %r", name)
            return
        _edits.submit(lambda: self._guarded(str(name), job))

    def _of_present_scene(self, content: dict[str, Any]) -> EncodedScene | None:
        """The scene on the page; None if a message speaks of an earlier one."""
        encoded = self.encoded
        asked = content.get("scene")
        if encoded is None or (asked is not None and asked != encoded.header["scene"]):
            return None
        return encoded

    def _guarded(self, what: str, job: Callable[[], object]) -> None:
        """Do something for the page, and say there what goes wrong."""
        try:
            job()
        except Exception as error:
            logger.warning("%s: %s", what, error, exc_info=error)
            self.say(_sentence(error), "error")

    @contextmanager
    def _acting(self, *, undoing: bool = False) -> Iterator[None]:
        """Within it one trait is set, and that is no wish of the user."""
        before = getattr(self._doing, "acting", False), self._undoing
        self._doing.acting, self._doing.undoing = True, undoing
        try:
            yield
        finally:
            self._doing.acting, self._doing.undoing = before

    @property
    def _undoing(self) -> bool:
        """True while this thread takes back a selection."""
        return getattr(self._doing, "undoing", False)

    def _is_own_doing(self) -> bool:
        """Whether a change is that of `_acting`; what its observers change in turn is not."""
        found = getattr(self._doing, "acting", False)
        self._doing.acting = False
        return found


def _sentence(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[:1].upper() + text[1:]

"""Widgets of ours that `interact` makes, where each takes the place of the one before.

It makes a widget at every move of its slider, and nobody closes the one that went. ipywidgets keeps
every widget until it is closed. A widget that is made here is kept by who holds it in Python, and
by the `Output` of `interact` until that shows others; without either Python frees it, which closes
it. Widgets in a container are kept, since that is a widget of others. The picture that the first of
them left below the cell becomes that of the last.
"""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import ipywidgets
from IPython.core.getipython import get_ipython
from ipywidgets.widgets import widget as ipywidgets_widget

from splat_widgets.page.still import Still

PAUSE_S = 2.0  # without a change, before what went is looked for: that takes a fifth of a second
_VIEW = "application/vnd.jupyter.widget-view+json"
_places: weakref.WeakKeyDictionary[Any, Place] = weakref.WeakKeyDictionary()
_waiting: list[asyncio.TimerHandle] = []


class Place:
    """What has been made inside the `Output` of one `interact`."""

    def __init__(self, output: Any) -> None:
        self._kept: dict[str, Any] = {}  # by model id, the oldest first
        self._known: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self._stills: list[tuple[str, weakref.ref[Still]]] = []
        self._message, self._turn = "", 0
        output.observe(self._on_outputs, "outputs")

    def begin(self, message: str) -> Place:
        """Another request, by its id, makes widgets from the first on."""
        if message != self._message:
            self._message, self._turn = message, 0
        return self

    def take_still(self, still: Still) -> None:
        """Let the picture of a new widget replace that of the one whose place it takes."""
        if self._turn < len(self._stills):
            name, former = self._stills[self._turn]
            still.take_over(name, former())
            self._stills[self._turn] = (name, weakref.ref(still))
        else:
            self._stills.append((still.name, weakref.ref(still)))
        self._turn += 1

    def keep(self, widget: Any) -> None:
        """Keep a new widget until others are shown in its place, and then no longer."""
        for one in (widget, widget.layout):
            _hold_weakly(one)
        self._known[widget.model_id] = widget
        self._kept[widget.model_id] = widget

    def _on_outputs(self, change: Any) -> None:
        """The page says what it shows. It may not have come to the last of them yet."""
        for shown in _models_in(change["new"]):
            if shown not in self._kept and shown in self._known:
                self._kept[shown] = self._known[shown]
        made, shown = list(self._kept), set(_models_in(change["new"]))
        first = next((place for place, name in enumerate(made) if name in shown), 0)
        for name in made[:first]:
            del self._kept[name]
        if first:
            _collect_soon()


def place_here() -> Place | None:
    """That of the `interact` whose function runs; None outside of any.

    In other `Output`s a widget may come beside the one before, and takes no place.
    """
    shell: Any = get_ipython()
    try:
        message = shell.get_parent()["header"]["msg_id"]
    except (AttributeError, KeyError, TypeError):
        return None
    running = [one.out for one in _interactives() if message and one.out.msg_id == message]
    if not running:
        return None
    output = running[-1]
    if output not in _places:
        _places[output] = Place(output)
    return _places[output].begin(message)


def _interactives() -> Iterator[ipywidgets.interactive]:
    for one in list(_widgets().values()):
        with suppress(ReferenceError):  # it has just been freed
            if isinstance(one, ipywidgets.interactive):
                yield one


def _widgets() -> dict[str, Any]:
    """What ipywidgets keeps, by model id."""
    kept = getattr(ipywidgets_widget, "_instances", None)
    return ipywidgets.Widget.widgets if kept is None else kept  # of version 7


def _hold_weakly(widget: Any) -> None:
    """Let ipywidgets find a widget without keeping it: by its id, and for its messages."""
    reference = weakref.ref(widget)

    def handle(message: dict[str, Any]) -> None:
        alive = reference()
        if alive is not None:
            alive._handle_msg(message)

    if widget.comm is not None:
        widget.comm.on_msg(handle)
        name, known = widget.model_id, _widgets()
        known[name] = weakref.proxy(widget, lambda _: known.pop(name, None))


def _models_in(outputs: Any) -> Iterator[str]:
    for output in outputs:
        view = output.get("data", {}).get(_VIEW)
        if isinstance(view, dict):
            yield str(view.get("model_id"))


def _collect_soon() -> None:
    """Widgets refer to themselves: Python finds those that nobody holds only when it looks."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no notebook
        return
    while _waiting:
        _waiting.pop().cancel()
    _waiting.append(loop.call_later(PAUSE_S, gc.collect))

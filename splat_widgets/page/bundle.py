"""The base class of our widgets: a small loader in `_esm`, the real bundle once per page.

anywidget sends `_esm` with every instance and saves it with the notebook's widget state. Ours is
therefore only a loader (`loader.js`); it asks the kernel for `static/widgets.js` over the comm,
imports it from a blob and keeps it on the page by its hash for every other widget.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
from traitlets import Unicode

from splat_widgets.page.containers import fill_containers
from splat_widgets.page.marimo import InMarimo
from splat_widgets.page.messages import (
    Buffer,
    BundleAnswer,
    BundleRequest,
    Handler,
    by_kind,
    fits,
)
from splat_widgets.page.outputs import place_here
from splat_widgets.page.still import LeavesStill, Still, StillContent

logger = logging.getLogger(__name__)

_HERE = Path(__file__).parent
BUNDLE_PATH = _HERE.parent / "static" / "widgets.js"
NOT_BUILT = (
    "the front end of splat_widgets is not built ({path} is missing). "
    "In a source checkout run `npm ci && npm run build` in splat_widgets/client, "
    "or install the package again."
)


class BundleError(RuntimeError):
    """The JavaScript bundle is not there."""


def read_bundle() -> tuple[str, bytes]:
    """Hash and bytes of the built bundle.

    Raises:
        BundleError: if it has not been built.
    """
    try:
        changed = BUNDLE_PATH.stat().st_mtime_ns
    except FileNotFoundError:
        raise BundleError(NOT_BUILT.format(path=BUNDLE_PATH)) from None
    return _read(BUNDLE_PATH, changed)


@lru_cache(maxsize=2)
def _read(path: Path, _changed_ns: int) -> tuple[str, bytes]:
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest()[:16], data


class BundledWidget(LeavesStill, anywidget.AnyWidget):
    """A widget whose front end is one entry of the shared bundle.

    A subclass names its entry with `_entry = Unicode("viewer").tag(sync=True)`, the messages that
    it takes with `_to_kernel`, and adds a handler for each kind to `_handlers`.
    `client/src/index.ts` exports the entry under that name.
    """

    _to_kernel: ClassVar[Any] = BundleRequest  # a TypedDict, or a union of them
    _esm = (_HERE / "loader.js").read_text(encoding="utf-8")
    _entry = Unicode(help="Name of the entry of the bundle that draws this widget.").tag(sync=True)
    _bundle_hash = Unicode(help="Which bundle to use; empty if there is none.").tag(sync=True)
    _bundle_problem = Unicode(help="Why there is no bundle.").tag(sync=True)
    _still = Unicode(help="Class of the picture that a live widget hides.").tag(sync=True)
    _ipython_display_ = None  # ipywidgets' of version 7 leaves out what Colab wants to know

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(set(traits) - set(self.trait_names()))
        if unknown:
            known = ", ".join(name for name in self.trait_names() if _is_public(name))
            raise TypeError(
                f"{type(self).__name__} has no argument {', '.join(map(repr, unknown))}; "
                f"check the spelling (it takes {known})"
            )
        try:
            digest, problem = read_bundle()[0], ""
        except BundleError as error:
            digest, problem = "", str(error)
            logger.warning("%s", error)
        if "_kept" not in self.__dict__:
            self._kept = Still(lambda: StillContent(repr(self)), lambda: repr(self))  # its line
        own = {"_bundle_hash": digest, "_bundle_problem": problem, "_still": self._kept.name}
        super().__init__(**own, **traits)
        here = place_here()
        if here is not None:
            here.take_still(self._kept)
            self._still = self._kept.name
            here.keep(self)
        fill_containers()
        self.on_msg(self._route)

    def send(self, content: BundleAnswer, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to every page; a widget with more messages says so in its own `send`.

        Args:
            content: one of `page/messages.py`.
            buffers: bytes that go with it.
        """
        self._post(content, buffers)

    def _display_(self) -> InMarimo:
        """What marimo shows; no other host asks for it."""
        self._in_marimo = InMarimo(self, self._kept)  # kept, as its view lives as long as this does
        return self._in_marimo

    def _post(self, content: Any, buffers: Sequence[Buffer] | None) -> None:
        super().send(content, buffers=buffers)

    def _handlers(self) -> dict[str, Handler]:
        """What to do with a message, by kind. Handlers may run in any thread."""
        return {"bundle": self._on_bundle}

    def _route(self, _widget: object, content: Any, buffers: list[memoryview]) -> None:
        if isinstance(content, dict):
            self._on_message(content, buffers)

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """Give a message to the handler of its kind."""
        kind = content.get("kind")
        handler = self._handlers().get(str(kind))
        if handler is None:
            logger.warning("%s ignored a message of kind %r", type(self).__name__, kind)
        elif not fits(by_kind(self._to_kernel)[str(kind)], content):
            logger.warning("%s ignored an ill-formed message %r", type(self).__name__, kind)
        else:
            handler(content, buffers)

    def _on_bundle(self, message: BundleRequest, _buffers: list[memoryview]) -> None:
        try:
            # Rebuilt since this widget was made: the new one is what the page should have.
            data, problem = [read_bundle()[1]], ""
        except BundleError as error:
            data, problem = [], str(error)
        self.send({"kind": "bundle", "hash": message["hash"], "problem": problem}, buffers=data)


def _is_public(name: str) -> bool:
    inherited = anywidget.AnyWidget.class_trait_names()
    return not name.startswith("_") and name not in inherited

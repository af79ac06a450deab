"""The base class of our widgets: a small loader in `_esm`, the real bundle once per page.

anywidget sends `_esm` with every instance and saves it with the notebook's widget state. Ours is
therefore only a loader (`loader.js`); it asks the kernel for `static/widgets.js` over the comm,
imports it from a blob and keeps it on the page by its hash for every other widget.
"""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Unicode

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


class BundledWidget(anywidget.AnyWidget):
    """A widget whose front end is one entry of the shared bundle.

    A subclass names its entry with `_entry = Unicode("viewer").tag(sync=True)` and overrides
    `_on_message` for its own messages. `client/src/index.ts` exports the entry under that name.
    """

    _esm = (_HERE / "loader.js").read_text(encoding="utf-8")
    _entry = Unicode(help="Name of the entry of the bundle that draws this widget.").tag(sync=True)
    _bundle_hash = Unicode(help="Which bundle to use; empty if there is none.").tag(sync=True)
    _bundle_problem = Unicode(help="Why there is no bundle.").tag(sync=True)

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
        super().__init__(_bundle_hash=digest, _bundle_problem=problem, **traits)
        self.on_msg(self._route)

    def _route(self, _widget: object, content: Any, buffers: list[memoryview]) -> None:
        if not isinstance(content, dict):
            return
        if content.get("kind") == "bundle":
            self._send_bundle(str(content.get("hash")))
        else:
            self._on_message(content, buffers)

    def _send_bundle(self, asked: str) -> None:
        try:
            _, data = read_bundle()
        except BundleError as error:
            self.send({"kind": "bundle", "hash": asked, "problem": str(error)})
            return
        # Rebuilt since this widget was made: the new one is what the page should have.
        self.send({"kind": "bundle", "hash": asked}, buffers=[data])

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """Handle a message of this widget's own front end. May run in any thread."""


def _is_public(name: str) -> bool:
    inherited = anywidget.AnyWidget.class_trait_names()
    return not name.startswith("_") and name not in inherited

"""A page that speaks with an inspector, and workers that need no waiting."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import builders
import numpy as np
import pytest

from splat_widgets.inspector import Inspector, handlers
from splat_widgets.scene.reconstruction import Reconstruction

SHOWN = {
    "filters": {},
    "shown_photos": [],
    "isolate": False,
    "overrides": [],
    "opacity_scale": 1.0,
    "splat_scale": 1.0,
}


def run(inspector: Inspector, scene) -> Inspector:
    """The inspector that the script makes of a scene."""
    scope = {"scene": scene}
    exec(str(inspector.script), scope)
    found = scope["inspector"]
    assert isinstance(found, Inspector)
    return found


class Page:
    """Records what an inspector sends, and speaks like a view of the page."""

    def __init__(self, inspector: Inspector, view: str = "a") -> None:
        self.inspector, self.view = inspector, view
        self.sent: list[tuple[dict, list[bytes]]] = []
        self._lock = threading.Lock()
        inspector.send = self._take  # type: ignore[method-assign]

    def _take(self, content: dict, buffers: list[bytes] | None = None) -> None:
        with self._lock:
            self.sent.append((content, list(buffers or [])))

    def say(self, kind: str, buffers=(), **content: Any) -> None:
        message = {"kind": kind, "view": self.view, "scene": self.scene_id, "transfer": None}
        message.update(content)
        if kind == "action":
            message = {
                "threshold": None,
                "center": None,
                "half_sizes": None,
                "numbers": [],
                "other": "",
                **message,
            }
        self.inspector._route(self.inspector, message, [memoryview(b) for b in buffers])

    @property
    def scene_id(self) -> str:
        encoded = self.inspector.encoded
        return "" if encoded is None else encoded.header["scene"]

    @property
    def order(self) -> np.ndarray:
        encoded = self.inspector.encoded
        assert encoded is not None
        return encoded.order

    def select(self, mask: np.ndarray, how: dict, **content: Any) -> None:
        """A gesture that selects the Gaussians of a mask over the scene."""
        how = {"mode": "replace", "shown": SHOWN, **how}
        bits = np.packbits(np.asarray(mask, bool)[self.order], bitorder="little").tobytes()
        self.say("select", [bits], how=how, **{"request": uuid.uuid4().hex, **content})

    def messages(self, kind: str) -> list[dict]:
        return [content for content, _ in self.sent if content["kind"] == kind]

    def buffers(self, kind: str) -> list[bytes]:
        return [b for content, buffers in self.sent if content["kind"] == kind for b in buffers]


class Worker:
    """Does jobs at once, so that a test need not wait."""

    def submit(self, job) -> None:
        job()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_channels", "_slow_channels", "_answers", "_edits"):
        monkeypatch.setattr(handlers, name, Worker())


@pytest.fixture
def other_scene() -> Reconstruction:
    return builders.make_scene(seed=5)


@pytest.fixture
def make_page() -> type[Page]:
    return Page


@pytest.fixture
def shown() -> dict:
    return SHOWN

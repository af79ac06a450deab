"""One service without a port for most tests, and one real server with the embedded model."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import builders
import httpx
import numpy as np
import pytest
from PIL import Image

from splat_widgets.embedded import demo_pair
from splat_widgets.service.app import local_app
from splat_widgets.service.server import Server, address_of, listen
from splat_widgets.service.service_settings import ServiceSettings
from splat_widgets.service.stores import Store

TOKEN = "correct-horse-battery"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def settings(folder: Path, **more: object) -> ServiceSettings:
    return ServiceSettings.resolve(environ={}, output_dir=folder, **more)


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def photo_parts(*photos: bytes) -> list:
    return [("photos", (f"{number}.png", data)) for number, data in enumerate(photos)]


class Gate(builders.KnownPredictor):
    """A model that waits while it is closed, so that jobs last as long as a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()

    def encode(self, photo, report):
        while not self.open.wait(0.02):
            report("look", 0, 2)
        return super().encode(photo, report)


@pytest.fixture(scope="session")
def photos() -> tuple[bytes, bytes]:
    first, second = (encoded(pixels) for pixels in builders.PHOTOS)
    return first, second


@pytest.fixture(scope="session")
def room_photos() -> tuple[bytes, bytes]:
    """The bundled pair, small enough for tests."""
    small = (Image.open(path).resize((240, 180)) for path in demo_pair())
    first, second = (encoded(np.asarray(image)) for image in small)
    return first, second


@pytest.fixture
def store(tmp_path) -> Store:
    return Store.in_folder(tmp_path / "store")


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


class Running:
    """A real server in a thread of this process."""

    def __init__(self, folder: Path, predictor=None, **more: object) -> None:
        known = settings(folder, backend_port=0, **more)
        self.app = local_app(known, predictor=predictor)
        self._listener = listen(known)
        self.url = address_of(self._listener)
        self.port = self._listener.getsockname()[1]
        self.server = Server(self.app, known)
        run = lambda: self.server.run(sockets=[self._listener])  # noqa: E731
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        self.wait()

    def wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise AssertionError("the server did not become ready")

    def stop(self) -> None:
        self.server.handle_exit(15, None)
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Running]:
    """A server with the embedded model, for all tests of a session."""
    folder = tmp_path_factory.mktemp("service")
    running = Running(folder, model="embedded", device="cpu", rate_limit="100000/minute")
    yield running
    running.stop()

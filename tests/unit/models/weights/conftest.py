"""Checkpoints for the tests: fixtures, archives written by hand, and a Hub on this machine."""

from __future__ import annotations

import hashlib
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants, file_download

from splat_widgets import embedded
from splat_widgets.models.splatt3r import Splatt3R, Splatt3RConfig
from splat_widgets.models.weights import convert, load, save_folder, unload

CHECKPOINTS = Path(__file__).parents[3] / "data" / "checkpoints"
CONTENT = "/content/blob"
MICRO = Splatt3RConfig.micro()


@pytest.fixture(scope="session")
def tiny_official() -> Path:
    """A real Lightning checkpoint of the released layout, micro sizes, tagged cuda:0."""
    return CHECKPOINTS / "tiny_official_layout.ckpt"


@pytest.fixture(scope="session")
def full_shape() -> Path:
    """All official keys with the official shapes, stride-0 tensors, tagged cuda:0."""
    return CHECKPOINTS / "full_shape_layout.ckpt"


@pytest.fixture(autouse=True)
def clean_kernel(monkeypatch, tmp_path_factory):
    """Nothing loaded, no settings, no Hub."""
    for name in ("DEVICE", "MODEL_PATH"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"SPLAT_WIDGETS_{name}", raising=False)
    home = tmp_path_factory.mktemp("hf_home")
    monkeypatch.setattr(constants, "HF_HOME", str(home))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    unload()
    yield
    unload()
    assert not load._LOADED


@pytest.fixture
def setting(monkeypatch) -> Callable[..., None]:
    """Sets environment variables of the settings: `setting(MODEL_PATH=...)`."""

    def set_all(prefix: str = "SPLAT_WIDGETS_", **values: str | Path) -> None:
        for name, value in values.items():
            monkeypatch.setenv(prefix + name, str(value))

    return set_all


@pytest.fixture
def micro_folder(tiny_official, tmp_path) -> Path:
    return convert(tiny_official, tmp_path / "micro", config=MICRO)


@pytest.fixture
def own_checkpoint(tmp_path) -> Path:
    """A checkpoint as training writes it, which states its sizes."""
    torch.manual_seed(0)
    state = {f"model.{k}": v for k, v in Splatt3R(MICRO).state_dict().items()}
    content = {"state_dict": state, "hyper_parameters": {"network": MICRO.to_json()}}
    torch.save(content, tmp_path / "own.ckpt")
    return tmp_path / "own.ckpt"


@pytest.fixture
def embedded_folder(tmp_path, monkeypatch) -> Path:
    """In place of the checkpoint in the package, and in half precision as that is."""
    torch.manual_seed(0)
    folder = tmp_path / "embedded"
    save_folder(
        Splatt3R(MICRO),
        folder,
        source="trained by a test",
        license="Apache-2.0",
        notice="Small, for tests.",
        dtype=torch.float16,
    )
    monkeypatch.setattr(embedded, "CHECKPOINT", folder)
    return folder


@pytest.fixture
def archive(tmp_path) -> Callable[..., Path]:
    """Writes a checkpoint's zip container around a pickle."""

    def write(program: bytes, *, name: str = "made.ckpt", compress: bool = False, **members: bytes):
        path = tmp_path / name
        kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with zipfile.ZipFile(path, "w", kind) as file:
            file.writestr("archive/data.pkl", program)
            for member, content in members.items():
                file.writestr(f"archive/{member.replace('__', '/')}", content)
        return path

    return write


@dataclass
class Request:
    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class HubStandIn:
    """A small Hub on 127.0.0.1: metadata by HEAD, a redirect to the content, ranged GETs.

    What it serves and what it announces can be changed at any time.
    """

    content: bytes
    size: int | None = None  # announced; None: the true one
    sha256: str | None = None  # announced; None: the true one
    status: int = 200  # of the metadata
    commit: str = "0123456789abcdef0123456789abcdef01234567"
    resolve: str = "/brandonsmart/splatt3r_v1.0/resolve/main/epoch=19-step=1200.ckpt"
    cut: Callable[[int], int | None] = lambda _number: None  # n-th GET -> bytes before it breaks
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> HubStandIn:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.answer()

            def do_GET(self) -> None:
                self.answer()

            def answer(self) -> None:
                path = unquote(self.path.split("?")[0])
                header = self.headers.get
                request = Request(self.command, path, header("Range"), header("Authorization"))
                hub.requests.append(request)
                if path == hub.resolve and hub.status == 200:
                    self.send_response(302)
                    # Another host name, as the storage behind the Hub has.
                    self.send_header("Location", f"http://localhost:{hub.port}{CONTENT}")
                    self.send_header("X-Repo-Commit", hub.commit)
                    self.send_header("X-Linked-Etag", f'"{hub.announced_sha256}"')
                    self.send_header("X-Linked-Size", str(hub.announced_size))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif path == CONTENT:
                    self.send_content(request.range)
                else:
                    self.send_response(hub.status if path == hub.resolve else 404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def send_content(self, wanted: str | None) -> None:
                start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
                part = hub.content[start:]
                self.send_response(206 if wanted else 200)
                self.send_header("ETag", f'"{hub.announced_sha256}"')
                self.send_header("Content-Length", str(len(part)))
                if wanted:
                    total = len(hub.content)
                    self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
                self.end_headers()
                if self.command == "HEAD":
                    return
                cut = hub.cut(len(hub.downloads))
                self.wfile.write(part[:cut])
                if cut is not None:
                    self.wfile.flush()
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def announced_size(self) -> int:
        return len(self.content) if self.size is None else self.size

    @property
    def announced_sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest() if self.sha256 is None else self.sha256

    @property
    def downloads(self) -> list[Request]:
        return [r for r in self.requests if r.method == "GET" and r.path == CONTENT]


@pytest.fixture
def running_hub(tiny_official) -> Iterator[HubStandIn]:
    """A Hub that serves the micro checkpoint as the released one."""
    with HubStandIn(tiny_official.read_bytes()) as running:
        yield running


@pytest.fixture
def server(running_hub, monkeypatch) -> Iterator[HubStandIn]:
    """`running_hub` as the one that this process is configured for."""
    template = running_hub.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", running_hub.url)
    for module in (constants, file_download):  # the latter before version 1.0
        monkeypatch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # Parts smaller than the file, so that something has arrived when the connection breaks.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 2**20)
    monkeypatch.setattr(file_download.time, "sleep", lambda _seconds: None)  # between retries
    close_session = getattr(huggingface_hub, "close_session", lambda: None)  # from 1.0 on
    close_session()
    yield running_hub
    close_session()

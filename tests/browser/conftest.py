"""A real Chromium and a real JupyterLab for the tests in this folder.

Chromium: `CHROMIUM`, else one on PATH, else the one that playwright has downloaded.
Mesa's llvmpipe draws where it is installed (libgl1-mesa-dri, libegl-mesa0): it takes half the time
of `swiftshader`, which is part of Chromium. `SPLAT_WIDGETS_TEST_GL` names one of the two.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
GL_FLAGS = {
    "swiftshader": [
        "--use-gl=angle",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
    ],
    "mesa": ["--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"],
}
BASE_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Each of these has made a Lab test hang or fail: a popup over the notebook, outputs that leave the
# page when they are scrolled away, a save in the middle of a test.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
# Bytes cross from page to test as text; a JavaScript function for use inside `evaluate`.
TO_BASE64 = """
function base64(bytes) {
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768)
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
}
"""
START_TIMEOUT_S = 90
PAGE_TIMEOUT_MS = 60_000


def find_chromium() -> str | None:
    """Path of the browser to drive; None for playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (shutil.which(name) for name in names)
    return os.environ.get("CHROMIUM") or next(filter(None, found), None)


def _fastest_gl() -> str:
    try:
        ctypes.CDLL("libEGL_mesa.so.0")
    except OSError:
        return "swiftshader"
    return "mesa"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    gl = os.environ.get("SPLAT_WIDGETS_TEST_GL") or _fastest_gl()
    arguments = {**browser_type_launch_args, "args": [*BASE_FLAGS, *GL_FLAGS[gl]]}
    chromium = find_chromium()
    return {**arguments, "executable_path": chromium} if chromium else arguments


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1200, "height": 900}}


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The built JavaScript of the widgets."""
    path = REPOSITORY / "splat_widgets" / "static" / "widgets.js"
    if not path.exists():
        pytest.fail(f"{path} is missing: run `npm ci && npm run build` in splat_widgets/client")
    return path


@pytest.fixture(autouse=True)
def _keep_picture_of_failure(request: pytest.FixtureRequest) -> Iterator[None]:
    page = request.getfixturevalue("page") if "page" in request.fixturenames else None
    yield
    report = getattr(request.node, "report_of_call", None)
    if page is None or report is None or not report.failed:
        return
    folder = REPOSITORY / "tests" / "browser" / "failures"
    folder.mkdir(exist_ok=True)
    try:
        page.screenshot(path=folder / f"{request.node.name}.png", timeout=10_000)
    except Exception as error:  # a dead page must not hide the test's own failure
        print(f"no picture of the failure: {error}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.report_of_call = report  # type: ignore[attr-defined]
    return report


class Server:
    """A JupyterLab of its own: free port, temporary settings, temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir()
        self.log = folder / "server.log"
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = folder / "settings"
        for name, values in LAB_SETTINGS.items():
            path = settings / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])
            ),
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            **{
                f"JUPYTER_{kind}_DIR": str(folder / kind.lower())
                for kind in ("CONFIG", "DATA", "RUNTIME")
            },
            "IPYTHONDIR": str(folder / "ipython"),
        }
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0"),
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}",
            "--LabApp.expose_app_in_browser=True",
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=self.root
            )
        self._wait_until_up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api/status?token={self.token}", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.stop()
        tail = self.log.read_text(errors="replace")[-3000:]
        pytest.fail(f"JupyterLab did not start within {START_TIMEOUT_S} s:\n{tail}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One JupyterLab for the whole run; kernels import the package from this repository."""
    server = Server(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


class KernelError(AssertionError):
    """Code that a test ran in the kernel raised."""


class Lab:
    """A notebook open in JupyterLab.

    Typical use::

        def test_viewer(lab):
            lab.open(["import splat_widgets as sw", "viewer = sw.view(...)", "viewer"])
            lab.run_all()
            lab.wait("viewer.status.get('phase') == 'ready'")
            assert lab.execute("print(len(await viewer.snapshot()))")
            lab.page.locator(".sw-canvas").screenshot(path=...)

    `page` is playwright's page; select widgets by their own classes, since text also matches the
    code in the cells. Never sleep: `wait` for a condition in the kernel, `page.wait_for_selector`
    for one on the page.
    """

    def __init__(self, server: Server, page: Any, *, url: str | None = None) -> None:
        """`url`: where the browser finds the server, if that is not its own address."""
        self.server = server
        self.url = url or server.url
        self.page = page
        self.page_errors: list[str] = []  # uncaught JavaScript errors
        self.folder = server.root  # files that the notebook reads may be put here
        page.set_default_timeout(PAGE_TIMEOUT_MS)
        page.on("pageerror", lambda error: self.page_errors.append(error.stack or str(error)))

    def open(self, notebook: Path | Sequence[str], *, name: str | None = None) -> None:
        """Open a copy of a notebook, or a new one of these code cells, and wait for its kernel."""
        stem = secrets.token_hex(4) if name is None else name
        target = self.server.root / f"{stem}.ipynb"
        if isinstance(notebook, Path):
            shutil.copyfile(notebook, target)
        else:
            target.write_text(json.dumps(_notebook(notebook)))
        url = f"{self.url}/lab/tree/{target.name}?token={self.server.token}&reset"
        self.page.goto(url)
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the open notebook can run code; "Run All" before that is dropped silently."""
        # The notebook is on the page a moment before the shell knows it.
        self.page.wait_for_function(
            "() => globalThis.jupyterapp?.shell.currentWidget?.sessionContext"
        )
        self.page.evaluate(
            """async () => {
                const panel = jupyterapp.shell.currentWidget;
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }"""
        )

    def run_all(self, *, allow_errors: bool = False) -> None:
        """Run every cell and wait until all have finished.

        Raises:
            KernelError: if a cell raised, with its traceback, unless `allow_errors`.
        """
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        errors = self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) =>
                (cell.model.toJSON().outputs ?? [])
                    .filter((output) => output.output_type === 'error')
                    .map((output) => output.traceback.join('\\n')))"""
        )
        if errors and not allow_errors:
            raise KernelError(_plain("\n".join(errors)))

    def drop(self, selector: str, names: Sequence[str]) -> None:
        """Drop files of `folder` on an element, as a file manager would."""
        self.page.evaluate(
            """async ({ selector, names }) => {
                const token = new URLSearchParams(location.search).get('token');
                const dataTransfer = new DataTransfer();
                for (const name of names) {
                    const answer = await fetch(`/files/${name}?token=${token}`);
                    dataTransfer.items.add(new File([await answer.blob()], name));
                }
                const init = { dataTransfer, bubbles: true, cancelable: true };
                for (const type of ['dragenter', 'dragover', 'drop'])
                    document.querySelector(selector).dispatchEvent(new DragEvent(type, init));
            }""",
            {"selector": selector, "names": list(names)},
        )

    def run_cell(self, index: int) -> None:
        """Run one cell and wait for it."""
        self.page.evaluate(
            """async (index) => {
                jupyterapp.shell.currentWidget.content.activeCellIndex = index;
                await jupyterapp.commands.execute('notebook:run-cell');
            }""",
            index,
        )

    def execute(self, code: str) -> str:
        """Run code in the notebook's kernel, outside any cell; `await` works.

        Returns:
            What it printed, and the text of its last expression.

        Raises:
            KernelError: with the traceback, if it raised.
        """
        answer = self.page.evaluate(
            """async (code) => {
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code, store_history: false });
                let text = '', error = null;
                future.onIOPub = ({ header, content }) => {
                    if (header.msg_type === 'stream') text += content.text;
                    if (header.msg_type === 'execute_result') text += content.data['text/plain'];
                    if (header.msg_type === 'error') error = content.traceback.join('\\n');
                };
                await future.done;
                return { text, error };
            }""",
            code,
        )
        if answer["error"]:
            raise KernelError(_plain(answer["error"]))
        return answer["text"]

    def wait(self, condition: str, *, timeout_s: float = 60) -> None:
        """Wait until a Python expression is true in the kernel."""
        deadline = time.monotonic() + timeout_s
        while True:
            if self.execute(f"print(bool({condition}))").strip() == "True":
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"not true after {timeout_s:g} s: {condition}")
            self.page.wait_for_timeout(100)  # between questions to the kernel

    def save(self) -> None:
        """Save the notebook with its outputs, so that they are there after a reload."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")

    def reload(self) -> None:
        """Reload the page; the kernel and its objects stay."""
        self.page.reload()
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
        self.wait_for_kernel()

    def close(self) -> None:
        """Shut the notebook's kernel down, so that they do not add up over a run."""
        self.page.evaluate(
            """async () => {
                const panel = globalThis.jupyterapp?.shell.currentWidget;
                await panel?.sessionContext?.shutdown();
            }"""
        )


def _plain(traceback: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", traceback)


def _notebook(cells: Sequence[str]) -> dict[str, Any]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{i}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for i, source in enumerate(cells)
        ],
    }


@pytest.fixture
def lab(lab_server: Server, page: Any) -> Iterator[Lab]:
    """JupyterLab in a fresh page; see `Lab`."""
    opened = Lab(lab_server, page)
    yield opened
    if not page.is_closed():
        opened.close()


class BarePage:
    """A page without Jupyter that has the bundle's exports in `window.widgets`."""

    to_base64 = TO_BASE64

    def __init__(self, page: Any, scripts: dict[str, Path]) -> None:
        self.page = page
        self.page_errors: list[str] = []
        page.set_default_timeout(PAGE_TIMEOUT_MS)
        page.on("pageerror", lambda error: self.page_errors.append(error.stack or str(error)))
        page.route("http://bare.test/**", lambda route: self._serve(route, scripts))
        page.goto("http://bare.test/")
        page.evaluate("async () => { window.widgets = await import('/widgets.js'); }")

    @staticmethod
    def _serve(route: Any, scripts: dict[str, Path]) -> None:
        name = route.request.url.rpartition("/")[2]
        if name in scripts:
            route.fulfill(path=scripts[name], content_type="text/javascript")
        else:
            body = "<div id='root' style='width:640px'></div>"
            route.fulfill(
                body=f"<!doctype html><html><body style='margin:0'>{body}</body></html>",
                content_type="text/html",
            )

    def show(self, encoded: Any, *, height: int = 480) -> None:
        """Show an encoded scene in a panel, `window.panel`, and wait until it is drawn."""
        chunks = [
            {"first": first, "count": count, "data": base64.b64encode(data).decode()}
            for first, count, data in encoded.chunks
        ]
        self.page.evaluate(
            """async ({ scene, height }) => {
                window.panel?.dispose();
                const root = document.getElementById('root');
                window.panel = await widgets.openPage(root, scene, height);
            }""",
            {"scene": {"header": encoded.header, "chunks": chunks}, "height": height},
        )
        self.page.wait_for_selector(".sw-viewer[data-ready]")

    def capture(self, camera: dict[str, Any], **options: Any) -> np.ndarray:
        """(H, W, 4) uint8 picture from a camera, straight alpha."""
        size = {"width": camera["width"], "height": camera["height"]}
        text = self.page.evaluate(
            f"(options) => {{ {TO_BASE64} return base64(panel.inner.capture(options).data); }}",
            {"camera": camera, **size, **options},
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(
            size["height"], size["width"], 4
        )


def _built_with_spark(source: str, folder: Path) -> Path:
    client = REPOSITORY / "splat_widgets" / "client"
    if not (client / "node_modules" / "@sparkjsdev").exists():
        pytest.fail(f"Spark is missing: run `npm ci` in {client}")
    output = folder / "spark.js"
    node = shutil.which("node") or pytest.fail("node is not on PATH")
    subprocess.run([node, "test/oracle/build.mjs", str(output), source], cwd=client, check=True)
    return output


@pytest.fixture(scope="session")
def spark_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spark, the independent renderer, built into a script for a page."""
    return _built_with_spark("spark.ts", tmp_path_factory.mktemp("spark"))


@pytest.fixture(scope="session")
def spark_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spark's readers of files, built into a script for a page."""
    return _built_with_spark("files.ts", tmp_path_factory.mktemp("spark"))


@pytest.fixture
def bare_page(page: Any, bundle: Path) -> BarePage:
    """The viewer without Jupyter; see `BarePage`."""
    return BarePage(page, {"widgets.js": bundle})


@pytest.fixture
def page_on(playwright: Any, bundle: Path) -> Iterator[Callable[[str], BarePage]]:
    """Opens a bare page in a browser of its own that draws with this one of `GL_FLAGS`."""
    browsers = []

    def open_on(gl: str) -> BarePage:
        browsers.append(
            playwright.chromium.launch(
                executable_path=find_chromium(), args=[*BASE_FLAGS, *GL_FLAGS[gl]]
            )
        )
        return BarePage(browsers[-1].new_page(), {"widgets.js": bundle})

    yield open_on
    for browser in browsers:
        browser.close()


@pytest.fixture
def spark_page(page: Any, bundle: Path, spark_script: Path) -> BarePage:
    """The viewer and, in `window.spark`, the independent renderer."""
    opened = BarePage(page, {"widgets.js": bundle, "spark.js": spark_script})
    page.evaluate("async () => { window.spark = await import('/spark.js'); }")
    return opened

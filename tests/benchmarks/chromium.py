"""A page of a benchmark in a real Chromium, on a chosen OpenGL."""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright


def browser_tests() -> Any:
    """The tools of the browser tests: which browser, its flags, a JupyterLab to drive."""
    path = Path(__file__).parents[1] / "browser" / "conftest.py"
    spec = importlib.util.spec_from_file_location("conftest", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_tools = browser_tests()
GL_FLAGS = {**_tools.GL_FLAGS, "default": []}


def build(page_ts: Path, folder: Path) -> Path:
    """Bundle a benchmark's page; the script is written to the folder."""
    script = folder / "page.js"
    builder = Path(__file__).parent / "build.mjs"
    subprocess.run(["node", str(builder), str(page_ts), str(script)], check=True)
    return script


@contextmanager
def open_page(script: Path, gl: str, limit_s: float) -> Iterator[Page]:
    """A page whose `bench` is what the script exports, in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_tools.find_chromium(), args=[*_tools.BASE_FLAGS, *GL_FLAGS[gl]]
        )
        page = browser.new_page()
        page.set_default_timeout(1000 * limit_s)
        page.route("http://bench.test/**", lambda route: _serve(route, script))
        page.goto("http://bench.test/")
        page.evaluate("async () => { window.bench = await import('/page.js'); }")
        try:
            yield page
        finally:
            browser.close()


@contextmanager
def open_lab(gl: str, limit_s: float, width: int = 1400, height: int = 1000) -> Iterator[Any]:
    """A JupyterLab of the browser tests, with its `page`, in a browser of its own."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = _tools.Server(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=_tools.find_chromium(), args=[*_tools.BASE_FLAGS, *GL_FLAGS[gl]]
        )
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            lab = _tools.Lab(server, page)
            page.set_default_timeout(1000 * limit_s)
            yield lab
        finally:
            browser.close()
            server.stop()


def _serve(route, script: Path) -> None:
    if route.request.url.endswith(".js"):
        route.fulfill(path=script, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

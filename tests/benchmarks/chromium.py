"""A page of a benchmark in a real Chromium, on a chosen OpenGL."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
GL_FLAGS = {
    "swiftshader": ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
    "mesa": ["--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"],
    "default": [],
}


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
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=[*FLAGS, *GL_FLAGS[gl]],
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


def _serve(route, script: Path) -> None:
    if route.request.url.endswith(".js"):
        route.fulfill(path=script, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

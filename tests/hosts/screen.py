"""The two browsers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser.conftest import BASE_FLAGS, GL_FLAGS, find_chromium
from hosts.records import Absent
from playwright.sync_api import BrowserContext, sync_playwright

SIZE = {"width": 1400, "height": 1000}


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    """Chromium without a window, drawing in software."""
    with sync_playwright() as playwright:
        flags = [*BASE_FLAGS, *GL_FLAGS["swiftshader"]]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        try:
            yield browser.new_context(viewport=SIZE, accept_downloads=True)
        finally:
            browser.close()


@contextmanager
def firefox(downloads: Path) -> Iterator[BrowserContext]:
    """Firefox in a window, which needs a screen: without one it has no WebGL 2."""
    path = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None or not os.environ.get("DISPLAY"):
        raise Absent("not tried: no Firefox, or no screen for it")
    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=path,
            headless=False,
            downloads_path=downloads,
        )
        try:
            yield browser.new_context(viewport=SIZE)
        finally:
            browser.close()

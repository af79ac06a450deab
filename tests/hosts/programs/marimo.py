"""marimo, which runs cells as a graph and shows anywidgets without ipywidgets' manager."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from hosts.line import Line
from hosts.programs.jupyter import fresh_page, installed
from hosts.records import Absent
from hosts.server import Server
from playwright.sync_api import BrowserContext, Page

HEAD = "import marimo\n\napp = marimo.App(width='full')\n"
BUTTON = "import marimo as mo\nlater = mo.ui.run_button(label='later')\nlater"


class Marimo:
    """Its notebooks are Python files without outputs."""

    name = "marimo"

    def __init__(self, folder: Path, context: BrowserContext) -> None:
        self.server = Server(folder)
        self.root = self.server.root
        self.line = Line(self.server.port)
        self._context = context
        self.page: Page = context.new_page()

    def start(self) -> None:
        command = [sys.executable, "-m", "marimo", "-y", "edit", str(self.root), "--headless"]
        self.server.start(
            [*command, "--no-token", f"--port={self.server.port}", "--skip-update-check"],
            alive="/health",
        )

    def versions(self) -> str:
        return installed("marimo", "anywidget")

    def open(self, cells: Sequence[str], later: str = "") -> None:
        self.page = fresh_page(self._context, self.page)
        name = f"n{secrets.token_hex(4)}.py"
        more = [BUTTON, "if later.value:\n" + _indented(later)] if later else []
        text = "".join(
            f"\n@app.cell\ndef _():\n{_indented(cell)}\n    return\n" for cell in [*cells, *more]
        )
        (self.root / name).write_text(f"{HEAD}{text}\nif __name__ == '__main__':\n    app.run()\n")
        self.page.goto(f"http://127.0.0.1:{self.line.port}/?file={name}")
        # Opening a notebook runs nothing, and a click before the kernel is there is lost.
        run_all = self.page.locator(
            "[data-testid=chrome-controls-bottom-right] [data-testid=run-button]:not([disabled])"
        )
        run_all.wait_for()
        for _ in range(20):
            self.page.wait_for_timeout(1000)
            if not run_all.count():
                break
            with contextlib.suppress(Exception):  # it may be disabled meanwhile
                run_all.click(timeout=1000)

    def run_later(self) -> None:
        self.page.get_by_role("button", name="later", exact=True).click()

    def reload(self) -> None:
        self.page.reload()

    def restart(self) -> None:
        self.page.get_by_test_id("notebook-menu-dropdown").click()
        self.page.get_by_role("menuitem", name="Restart kernel").click()
        self.page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()

    def reopen(self) -> None:
        raise Absent("its files hold no outputs")

    def close(self) -> None:
        self.page.goto("about:blank")

    def stop(self) -> None:
        self.server.stop()
        self.line.close()


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.strip().splitlines())

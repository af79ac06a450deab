"""What the hosts of `.ipynb` files share: files, servers, and Lab's own application object."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from hosts.line import Line
from hosts.server import Server
from playwright.sync_api import BrowserContext, Page

TIMEOUT_MS = 60_000


class Jupyter:
    """A server, a line to it, and one page."""

    name: ClassVar[str] = ""
    python: str = sys.executable
    kernel_name: ClassVar[str] = "python3"

    def __init__(self, folder: Path, context: BrowserContext) -> None:
        self.server = Server(folder)
        self.root = self.server.root
        self.line = Line(self.server.port)
        self._context = context
        self.page: Page = context.new_page()
        self.opened = ""  # name of the open notebook's file

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.line.port}{path}?token={self.server.token}"

    def write(self, cells: Sequence[str]) -> str:
        """A new notebook in the folder and a page for it; returns the name of its file."""
        self.page = fresh_page(self._context, self.page)
        self.opened = f"{secrets.token_hex(4)}.ipynb"
        (self.root / self.opened).write_text(json.dumps(_notebook(cells, self.kernel_name)))
        return self.opened

    def copy_of_opened(self) -> str:
        """A copy of the saved notebook; no kernel knows it."""
        source, self.opened = self.opened, f"{secrets.token_hex(4)}.ipynb"
        shutil.copyfile(self.root / source, self.root / self.opened)
        return self.opened

    def stop(self) -> None:
        self.server.stop()
        self.line.close()


class LabLike(Jupyter):
    """A program whose page has `jupyterapp`: Lab and Notebook 7."""

    command: ClassVar[tuple[str, ...]] = ()
    path: ClassVar[str] = ""  # of a notebook's page

    def start(self) -> None:
        for name, values in LAB_SETTINGS.items():
            path = self.server.folder / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        self.server.start(
            [
                *(self.python, *self.command, "--no-browser", "--allow-root", "--ip=127.0.0.1"),
                *(f"--port={self.server.port}", "--ServerApp.port_retries=0"),
                f"--IdentityProvider.token={self.server.token}",
                f"--ServerApp.root_dir={self.root}",
            ],
            alive=f"/api/status?token={self.server.token}",
            JUPYTERLAB_SETTINGS_DIR=str(self.server.folder / "settings"),
            JUPYTERLAB_WORKSPACES_DIR=str(self.server.folder / "workspaces"),
        )

    def open(self, cells: Sequence[str], later: str = "") -> None:
        self._later = len(cells)
        self._show(self.write([*cells, later] if later else cells))
        for index in range(len(cells)):
            self._run(index)

    def run_later(self) -> None:
        self._run(self._later)

    def reload(self) -> None:
        self._save()
        self.page.reload()
        self._wait_for_kernel()

    def restart(self) -> None:
        self.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.restart()")

    def reopen(self) -> None:
        self._save()
        self.close()
        self._show(self.copy_of_opened())

    def close(self) -> None:
        self.page.evaluate(
            f"async () => {{ await globalThis.jupyterapp && {PANEL}?.sessionContext?.shutdown() }}"
        )

    def _show(self, name: str) -> None:
        self.page.goto(self.url(f"{self.path}/{name}") + "&reset")
        self._wait_for_kernel()

    def _save(self) -> None:
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")

    def _run(self, index: int) -> None:
        """Ask for a cell to be run, and do not wait for it."""
        self.page.evaluate(
            f"""(index) => {{
                {PANEL}.content.activeCellIndex = index;
                void jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )

    def _wait_for_kernel(self) -> None:
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
        self.page.wait_for_function(
            f"() => Boolean(globalThis.jupyterapp && {PANEL}?.sessionContext)"
        )
        self.page.evaluate(
            f"""async () => {{
                const panel = {PANEL};
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }}"""
        )


def fresh_page(context: BrowserContext, old: Page) -> Page:
    """A new page in place of the old one, which may have crashed, or wait with a question."""
    with contextlib.suppress(Exception):
        old.close()
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def installed(*names: str) -> str:
    """Names with the versions that this environment has."""
    return ", ".join(f"{name} {version(name)}" for name in names)


def _notebook(cells: Sequence[str], kernel_name: str) -> dict[str, Any]:
    kernel = {"name": kernel_name, "display_name": "Python 3", "language": "python"}
    rest = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel},
        "cells": [{**rest, "id": f"cell-{i}", "source": text} for i, text in enumerate(cells)],
    }


PANEL = "jupyterapp.shell.currentWidget"
# A popup over the notebook, outputs that leave the page when scrolled away, a save at a bad time.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}

"""A `splat-widgets app` of its own process, and what a visitor does on its page."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
DROP = """
async (files) => {
    const dataTransfer = new DataTransfer();
    for (const [name, text] of files) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name));
    }
    const init = { dataTransfer, bubbles: true, cancelable: true };
    for (const type of ['dragenter', 'dragover', 'drop'])
        document.querySelector('.swu').dispatchEvent(new DragEvent(type, init));
}
"""


@dataclass(frozen=True)
class AppProcess:
    """A running app."""

    process: subprocess.Popen
    address: str  # with its token
    folder: Path

    @property
    def own(self) -> str:
        """The address without its token."""
        return self.address.partition("?")[0]

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]


@contextmanager
def app_at(folder: Path, *arguments: str) -> Iterator[AppProcess]:
    """The command on a free port, with settings and files in a folder; ended with the block."""
    kinds = ("CONFIG", "DATA", "RUNTIME")
    environment = {
        **os.environ,
        **{f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in kinds},
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-m", "splat_widgets.cli", "app", "--no-browser", "--port", "0"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            cwd=folder,
        )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        address = re.search(r"http://\S+", said)
        assert address, said + (folder / "log").read_text()
        yield AppProcess(process, address[0], folder)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def wait_for_studio(page) -> str:
    """Wait for the Studio; the id of its session."""
    page.locator("#starting").wait_for(state="hidden")
    page.locator(".sws[data-ready]").wait_for()
    return page.evaluate(
        "() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )


def drop(page, *files: Path) -> None:
    """Drop files on the panel of photos."""
    data = [(file.name, base64.b64encode(file.read_bytes()).decode()) for file in files]
    page.evaluate(DROP, data)


def download(page, selector: str, folder: Path) -> Path:
    """Click a button; the file that comes."""
    with page.expect_download() as begun:
        page.locator(selector).click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path

"""`splat-widgets app` in a real browser: from drop to download, a dead session, and the end."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import splat_widgets as sw
from splat_widgets.embedded import demo_pair

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_MS = 60_000
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


@pytest.fixture(scope="module")
def app(tmp_path_factory, bundle) -> Iterator[tuple[subprocess.Popen, str]]:
    """The command, and the address that it prints."""
    folder = tmp_path_factory.mktemp("app")
    kinds = ("CONFIG", "DATA", "RUNTIME")
    environment = {
        **os.environ,
        **{f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in kinds},
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-m", "splat_widgets.cli", "app", "--no-browser", "-m", "embedded"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            cwd=folder,
        )
    assert process.stdout is not None
    said = process.stdout.readline()
    address = re.search(r"http://\S+", said)
    assert address, said + (folder / "log").read_text()
    yield process, address[0]
    process.terminate()
    process.wait(30)
    process.stdout.close()
    assert not [*folder.rglob("*.ply"), *folder.rglob("*.splatscene")]  # the browser has them


def wait_for_studio(page) -> str:
    """Wait for the Studio; the id of its session."""
    page.locator("#starting").wait_for(state="hidden")
    page.locator(".sws[data-ready]").wait_for()
    return page.evaluate(
        "() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )


def drop(page, *files: Path) -> None:
    data = [(file.name, base64.b64encode(file.read_bytes()).decode()) for file in files]
    page.evaluate(DROP, data)


def download(page, selector: str, folder: Path) -> Path:
    with page.expect_download() as begun:
        page.locator(selector).click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def test_from_drop_to_download(app, page, tmp_path) -> None:
    process, address = app
    token = address.partition("token=")[2]
    asked: list[str] = []
    errors: list[str] = []
    page.set_default_timeout(TIMEOUT_MS)
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
    page.goto(address, wait_until="commit")
    page.locator(".swa-header h1").wait_for()  # painted before the session is there
    first = wait_for_studio(page)
    assert token not in page.url

    bad = tmp_path / "notes.jpg"
    bad.write_text("no picture")
    drop(page, bad)
    page.locator(".swu-errors", has_text="notes.jpg").wait_for()
    drop(page, *demo_pair())
    page.locator(".swu[data-ready='2']").wait_for()
    page.get_by_role("radio", name="Off").click()
    page.locator(".sws-generate").click()
    page.locator(".sws[data-status=done] .sws-download").wait_for()
    page.locator(".sw-viewer[data-ready]").wait_for()
    # Leaving is asked about while a scene is not downloaded, and ends nothing before the answer.
    leaves = "() => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.evaluate(leaves) is False
    ply = download(page, ".sws-download", tmp_path)
    assert len(sw.load(ply)) == 2 * 128 * 128
    whole = sw.load(download(page, ".sws-download-whole", tmp_path))
    assert len(whole) == 2 * 128 * 128 and len(whole.photos) == 2
    for word in ("kernel", "notebook", "cell", "Studio("):
        assert not re.search(rf"\b{re.escape(word)}", page.locator("body").inner_text()), word

    # The session dies: the page says so and how to go on.
    [session] = [
        one
        for one in psutil.Process(process.pid).children(recursive=True)
        if first in " ".join(one.cmdline())
    ]
    session.kill()
    page.locator(".sws-lost", has_text="Reload the page").wait_for()
    page.reload()
    second = wait_for_studio(page)
    assert second != first

    # It is ended, as one that nobody uses is: the page says so, and its button helps.
    request = urllib.request.Request(
        address.partition("?")[0] + f"api/kernels/{second}",
        method="DELETE",
        headers={"Authorization": f"token {token}"},
    )
    urllib.request.urlopen(request).close()
    page.locator("#lost", has_text="session has ended").wait_for()
    page.get_by_role("button", name="Reload").click()
    page.wait_for_function(
        "(old) => document.readyState === 'complete' && !document.body.dataset.ended", arg=second
    )
    assert wait_for_studio(page) not in (first, second)
    own = address.partition("?")[0]
    assert [url for url in asked if not url.startswith((own, "data:", "blob:"))] == []
    assert errors == []


def test_without_the_token_nothing_is_shown_and_all_ends_with_the_command(app) -> None:
    process, address = app
    own = address.partition("?")[0]
    with urllib.request.urlopen(own) as answer:  # the page that asks for the token
        assert "login" in answer.url and b"jupyter-config-data" not in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(own + "api/kernels/00000000-0000-0000-0000-000000000000")
    family = psutil.Process(process.pid).children(recursive=True)
    assert any("ipykernel_launcher" in " ".join(one.cmdline()) for one in family)
    process.terminate()
    assert process.wait(30) == 128 + 15
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []

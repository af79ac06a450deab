"""`splat-widgets app` in a real browser: from drop to download, a dead session, and the end."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import psutil
import pytest
from app_process import AppProcess, app_at, download, drop, wait_for_studio

import splat_widgets as sw
from splat_widgets.embedded import demo_pair

pytestmark = pytest.mark.browser

TIMEOUT_MS = 60_000


@pytest.fixture(scope="module")
def app(tmp_path_factory, bundle) -> Iterator[AppProcess]:
    """An app with a model of its own."""
    folder = tmp_path_factory.mktemp("app")
    with app_at(folder, "-m", "embedded") as running:
        yield running
    assert not [*folder.rglob("*.ply"), *folder.rglob("*.splatscene")]  # the browser has them


def test_from_drop_to_download(app, page, tmp_path) -> None:
    asked: list[str] = []
    errors: list[str] = []
    page.set_default_timeout(TIMEOUT_MS)
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
    page.goto(app.own)  # somebody has shortened the address
    page.get_by_role("heading", name="end of the address is missing").wait_for()
    page.goto(f"{app.own}?token=of-an-earlier-start")
    page.get_by_role("heading", name="out of date").wait_for()
    page.get_by_label("The whole address").fill(f" {app.address}")
    page.get_by_role("button", name="Open").click(no_wait_after=True)
    page.locator(".swa-header h1").wait_for()  # painted before the session is there
    first = wait_for_studio(page)
    assert app.token not in page.url

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
        for one in psutil.Process(app.process.pid).children(recursive=True)
        if first in " ".join(one.cmdline())
    ]
    session.kill()
    page.locator(".sws-lost", has_text="Reload the page").wait_for()
    page.reload()
    second = wait_for_studio(page)
    assert second != first

    # It is ended, as one that nobody uses is: the page says so, and its button helps.
    request = urllib.request.Request(
        f"{app.own}api/kernels/{second}",
        method="DELETE",
        headers={"Authorization": f"token {app.token}"},
    )
    urllib.request.urlopen(request).close()
    page.locator("#lost", has_text="session has ended").wait_for()
    page.get_by_role("button", name="Reload").click()
    page.wait_for_function(
        "(old) => document.readyState === 'complete' && !document.body.dataset.ended", arg=second
    )
    assert wait_for_studio(page) not in (first, second)
    assert [url for url in asked if not url.startswith((app.own, "data:", "blob:"))] == []
    assert errors == []


def test_without_the_token_nothing_is_shown_and_all_ends_with_the_command(app) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:  # tells of the address
        urllib.request.urlopen(app.own)
    told = refused.value.read().decode()
    assert "jupyter-config-data" not in told and "Jupyter" not in told and app.token not in told
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(app.own + "api/kernels/00000000-0000-0000-0000-000000000000")
    family = psutil.Process(app.process.pid).children(recursive=True)
    assert any("ipykernel_launcher" in " ".join(one.cmdline()) for one in family)
    app.process.terminate()
    assert app.process.wait(30) == 128 + 15
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []

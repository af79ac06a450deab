"""A line that is cut or dead for a while: what was lost arrives all the same."""

from __future__ import annotations

import hashlib
import re
import time

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

# Small chunks for the quick cases, so that a small scene has many.
SMALL = """
import splat_widgets.studio.download as download, splat_widgets.viewer.widget as widget
encode, split = widget.encode, download.split
widget.encode = lambda *args, **options: encode(*args, **options, chunk_bytes=1)
download.split = lambda data: split(data, 65536)
"""
SCENE = """
import torch, splat_widgets as sw
count = {count}
grid = torch.rand(count, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
gaussians = sw.Gaussians(
    grid + torch.tensor([0.0, 0, 4]), torch.full((count, 3), 0.004),
    torch.tensor([1.0, 0, 0, 0]).repeat(count, 1), torch.full((count,), 0.9),
    torch.rand(count, 1, 3),
)
"""
LISTEN = """
(selector) => {
    window.waited = false;
    new MutationObserver(() => {
        const text = document.querySelector(selector)?.textContent ?? '';
        if (text.includes('Waiting for the kernel…')) window.waited = true;
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""
CASES = [
    pytest.param(20_000, 0.2, id="small"),
    pytest.param(524_288, 0.2, id="large, 0.2 s", marks=pytest.mark.slow),
    pytest.param(524_288, 3.0, id="large, 3 s", marks=pytest.mark.slow),
]


class Line:
    """The kernel's websocket. Once armed it is cut at the third chunk, for some seconds.

    Chunks are counted in one direction: those of a scene or file to the page, or of a photo up.

    While it is `dead` it loses what the kernel sends, without being closed.
    """

    def __init__(self, page) -> None:
        self.chunks = self.cuts = 0
        self.dead = self.counts_up = False
        self.lost = b""
        self._page = page
        self._ends = ()
        self._seconds = self._until = 0.0
        page.route_web_socket(re.compile("/api/kernels/.*/channels"), self._connect)

    def arm(self, seconds: float, *, up: bool = False) -> None:
        self.chunks, self._seconds, self.counts_up = 0, seconds, up

    def wait_for_loss(self, *parts: bytes) -> None:
        """Wait until messages with these bytes were lost."""
        deadline = time.monotonic() + 60
        while not all(part in self.lost for part in parts):
            assert time.monotonic() < deadline
            self._page.wait_for_timeout(50)

    def mend(self) -> None:
        """Close a dead line; JupyterLab opens another."""
        self.dead = False
        for end in self._ends:
            end.close()

    def _connect(self, socket) -> None:
        if time.monotonic() < self._until:
            socket.close()
            return
        server = socket.connect_to_server()
        self._ends = server, socket

        def pass_on(message, target, up: bool) -> None:
            data = message if isinstance(message, bytes) else message.encode()
            if self.dead and not up:
                self.lost += data
                return
            if up == self.counts_up:
                self.chunks += re.search(rb'"kind": ?"chunk"', data) is not None
            if not self._seconds or self.chunks < 3:
                if time.monotonic() >= self._until:
                    target.send(message)
                return
            self.cuts += 1
            self._until = time.monotonic() + self._seconds
            self._seconds = 0.0
            server.close()
            socket.close()

        server.on_message(lambda message: pass_on(message, socket, False))
        socket.on_message(lambda message: pass_on(message, server, True))


@pytest.fixture
def line(page) -> Line:
    return Line(page)


@pytest.mark.parametrize(("count", "seconds"), CASES)
def test_a_scene_arrives_over_a_cut_line(line, lab, count: int, seconds: float) -> None:
    small = SMALL if count < 100_000 else ""
    lab.open([small + SCENE.format(count=count) + "viewer = sw.SplatViewer()", "viewer"])
    lab.run_all()
    lab.page.wait_for_selector(".sw-viewer[data-phase=empty]")
    lab.page.evaluate(LISTEN, ".sw-status")
    line.arm(seconds)
    lab.execute("viewer.scene = gaussians")
    lab.page.wait_for_selector(".sw-viewer[data-ready]", timeout=240_000)
    assert line.cuts == 1
    assert lab.page.evaluate("window.waited")
    status = lab.page.locator(".sw-status").text_content()
    assert status.startswith(f"{count:,} splats")
    # Messages go on. Traits may not: ipywidgets waits for ever for an answer that got lost.
    assert lab.execute("print((await viewer.snapshot())[:4])") == "b'\\x89PNG'\n"
    assert lab.page_errors == []


@pytest.mark.parametrize(("count", "seconds"), CASES)
def test_a_download_arrives_over_a_cut_line(line, lab, count: int, seconds: float) -> None:
    small = SMALL if count < 100_000 else ""
    lab.open(
        [
            small + SCENE.format(count=count) + "path = sw.save(gaussians, 'cut.ply')\n"
            "studio = sw.Studio(model=object(), viewer=sw.SplatViewer())",
            "studio",
        ]
    )
    lab.run_all()
    lab.page.wait_for_selector(".sws[data-ready]")
    lab.execute("studio.open_scene('cut.ply')")
    lab.page.wait_for_selector(".sw-viewer[data-ready]", timeout=240_000)
    lab.page.evaluate(LISTEN, ".sws-transfer")
    line.arm(seconds)
    with lab.page.expect_download(timeout=240_000) as download:
        lab.page.locator(".sws-download").click()
    saved = (lab.folder / "cut.ply").read_bytes()
    assert download.value.path().read_bytes() == saved
    assert line.cuts == 1
    assert lab.page.evaluate("window.waited")
    assert lab.page.locator(".sws-transfer").is_hidden()
    assert lab.page_errors == []


def test_a_photo_arrives_over_a_cut_line(line, lab) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    Image.fromarray(pixels).save(lab.folder / "large.png", compress_level=0)
    lab.open(["import splat_widgets as sw\npanel = sw.UploadPanel()\npanel"])
    lab.run_all()
    lab.page.wait_for_selector(".swu[data-ready]")
    line.arm(0.2, up=True)
    lab.drop(".swu", ["large.png"])
    # Not before the kernel has it: what is asked over a cut line gets no answer.
    lab.page.wait_for_selector(".swu-card[data-kind=photo] canvas")
    lab.wait("len(panel.photos) == 1 or panel.errors")
    arrived = lab.execute("print(panel.photos[0].sha256)").strip()
    assert arrived == hashlib.sha256((lab.folder / "large.png").read_bytes()).hexdigest()
    assert line.cuts == 1
    assert lab.page_errors == []


def test_what_a_dead_line_has_lost_is_asked_for(line, lab) -> None:
    lab.open([SCENE.format(count=3_000) + "inspector = sw.inspect(gaussians)", "inspector"])
    lab.run_all()
    page = lab.page
    page.wait_for_selector(".sw-viewer[data-ready]")
    line.dead = True
    page.get_by_label("Colour by").select_option("scale_largest")
    line.wait_for_loss(b'"kind": "attribute"')
    line.dead = False
    page.wait_for_selector(".swi-colour-bar[data-low]")

    line.dead = True
    page.evaluate(
        """(code) => {
            const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
            kernel.requestExecute({ code, store_history: false });
        }""",
        "inspector.scene = gaussians.select(gaussians.means[:, 0] > 0)\n"
        "inspector.selection = inspector.scene.means[:, 1] > 0",
    )
    line.wait_for_loss(b'"kind": "scene"', b'"kind": "selection"')
    line.mend()
    selected, count = lab.execute(
        "print(f'{inspector.selection.sum():,} {len(inspector.scene):,}')"
    ).split()
    page.get_by_text(f"{selected} of {count} selected").wait_for()
    assert page.locator(".sw-status").text_content().startswith(f"{count} splats")
    assert lab.page_errors == []

"""A thin line that is cut or dead for a while: what was lost arrives all the same."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
from browser.conftest import Lab
from hosts.line import Line
from PIL import Image

pytestmark = pytest.mark.browser

THIN = 1_000_000  # bytes a second

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
# What the page says of a transfer, each text once: of words, and of the width of its bar.
LISTEN = """
(selector) => {
    window.said = [];
    const look = () => {
        for (const node of document.querySelectorAll(selector)) {
            const text = `${node.textContent} ${node.querySelector('[style*=width]')?.style.width}`;
            if (!window.said.includes(text)) window.said.push(text);
        }
    };
    const what = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document.body, what);
}
"""
# Gaussians, side of the photo in pixels, seconds of the cut.
CASES = [
    pytest.param(20_000, 600, 0.2, id="small"),
    pytest.param(524_288, 3_000, 0.2, id="large, 0.2 s", marks=pytest.mark.slow),
    pytest.param(524_288, 3_000, 3.0, id="large, 3 s", marks=pytest.mark.slow),
]


@pytest.fixture
def line(lab_server) -> Iterator[Line]:
    opened = Line(lab_server.port)
    yield opened
    opened.close()


@pytest.fixture
def thin(lab_server, line, page) -> Iterator[Lab]:
    """JupyterLab behind the line."""
    opened = Lab(lab_server, page, url=f"http://127.0.0.1:{line.port}")
    yield opened
    opened.close()


def said(lab: Lab) -> list[str]:
    """What the page has said of the transfer; it must have shown how it goes on, and waited."""
    texts = lab.page.evaluate("window.said")
    assert any("aiting for the kernel" in text for text in texts), texts
    assert len(texts) > 4, texts
    return texts


@pytest.mark.parametrize(("count", "side", "seconds"), CASES)
def test_a_scene_a_download_and_a_photo_arrive_over_a_thin_line_that_is_cut(
    line, thin, count: int, side: int, seconds: float
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(thin.folder / "large.png", compress_level=0)
    small = SMALL if count < 100_000 else ""
    thin.open(
        [
            small + SCENE.format(count=count) + "path = sw.save(gaussians, 'cut.ply')\n"
            "studio = sw.Studio(model='embedded', viewer=sw.SplatViewer())",
            "studio",
        ]
    )
    thin.run_all()
    page = thin.page
    page.wait_for_selector(".sws[data-ready]")
    line.bytes_per_s = THIN

    page.evaluate(LISTEN, ".sw-status")
    line.arm(after_bytes=count * 32 // 3, seconds=seconds)
    thin.execute("studio.open_scene('cut.ply')")
    page.wait_for_selector(".sw-viewer[data-ready]", timeout=240_000)
    assert line.cuts == 1
    assert any(f" of {count:,} splats" in text for text in said(thin))
    assert page.locator(".sw-status").text_content().startswith(f"{count:,} splats")
    # Messages go on. Traits may not: ipywidgets waits for ever for an answer that got lost.
    png = thin.execute("print((await studio.viewer.snapshot())[:4])")
    assert png == "b'\\x89PNG'\n"

    page.evaluate(LISTEN, ".sws-transfer")
    line.arm(after_bytes=count * 68 // 3, seconds=seconds)
    with page.expect_download(timeout=240_000) as download:
        page.locator(".sws-download").click()
    assert download.value.path().read_bytes() == (thin.folder / "cut.ply").read_bytes()
    assert line.cuts == 2 and said(thin)
    assert page.locator(".sws-transfer").is_hidden()

    page.evaluate(LISTEN, ".swu-card")
    line.arm(after_bytes=side * side, seconds=seconds, up=True)
    thin.drop(".swu", ["large.png"])
    # Not before the kernel has it: what is asked over a cut line gets no answer.
    page.wait_for_selector(".swu-card[data-kind=photo] canvas", timeout=240_000)
    thin.wait("len(studio.panel.photos) == 1 or studio.panel.errors")
    arrived = thin.execute("print(studio.panel.photos[0].sha256)").strip()
    assert arrived == hashlib.sha256((thin.folder / "large.png").read_bytes()).hexdigest()
    assert line.cuts == 3 and any(" of " in text for text in said(thin))
    assert thin.page_errors == []


class DeadLine:
    """The kernel's websocket, which loses what the kernel sends while it is `dead`, and stays open.

    `hosts.line.Line` cannot do that: it knows no messages.
    """

    def __init__(self, page) -> None:
        self.dead = False
        self.lost = b""
        self._page = page
        self._ends = ()
        page.route_web_socket(re.compile("/api/kernels/.*/channels"), self._connect)

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
        server = socket.connect_to_server()
        self._ends = server, socket

        def come_down(message) -> None:
            if self.dead:
                self.lost += message if isinstance(message, bytes) else message.encode()
            else:
                socket.send(message)

        server.on_message(come_down)


def test_what_a_dead_line_has_lost_is_asked_for(page, lab) -> None:
    line = DeadLine(page)
    lab.open([SCENE.format(count=3_000) + "inspector = sw.inspect(gaussians)", "inspector"])
    lab.run_all()
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

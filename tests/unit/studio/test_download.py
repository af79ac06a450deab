"""Files that the kernel sends to the browser, against a page that repeats itself."""

import pytest

from splat_widgets.page.chunks import DOWN_BYTES, WINDOW
from splat_widgets.studio.download import MAX_KEPT, Downloads


class Page:
    def __init__(self):
        self.sent, self.made = [], []
        self.downloads = Downloads(lambda m, b: self.sent.append((m, b)), self.made.append)

    def ask(self, request="r"):
        self.downloads.on_wanted({"kind": "download", "id": 1, "request": request}, [])

    def arrived(self, next_, request="r", *, resend=False):
        self.downloads.on_chunks(
            {"kind": "chunks_arrived", "transfer": request, "next": next_, "resend": resend}, []
        )

    def kinds(self):
        return [message["kind"] for message, _ in self.sent]


@pytest.fixture
def page():
    return Page()


def test_a_file_arrives_whole_within_the_window(page):
    data = bytes(range(256)) * (5 * DOWN_BYTES // 256 + 3)
    page.ask()
    page.downloads.start("r", "scene.ply", data)
    assert page.sent[0][0] == {
        "kind": "download",
        "request": "r",
        "name": "scene.ply",
        "size": len(data),
        "chunks": 6,
    }
    assert len(page.sent) == 1 + WINDOW
    for number in range(6):
        assert "r" in page.downloads
        page.arrived(number + 1)
    chunks = [(message["number"], bytes(buffers[0])) for message, buffers in page.sent[1:]]
    assert [number for number, _ in chunks] == list(range(6))
    assert all(len(chunk) <= DOWN_BYTES for _, chunk in chunks)
    assert b"".join(chunk for _, chunk in chunks) == data
    assert "r" not in page.downloads, "nothing is kept"


def test_a_request_that_comes_again_is_announced_again_and_made_once(page):
    page.ask()
    page.ask()
    assert len(page.made) == 1 and page.sent == []
    page.downloads.start("r", "scene.ply", b"ply")
    page.ask()
    assert len(page.made) == 1 and page.kinds() == ["download", "chunk", "download"]
    page.arrived(0, resend=True)
    assert page.kinds()[-1] == "chunk"


def test_a_failure_is_told_and_may_be_tried_again(page):
    page.ask()
    page.downloads.fail("r")
    assert page.sent == [({"kind": "download_failed", "request": "r"}, ())]
    page.ask()
    assert len(page.made) == 2


def test_what_closed_pages_leave_behind_is_dropped(page):
    for number in range(MAX_KEPT + 1):
        page.ask(str(number))
        page.downloads.start(str(number), "scene.ply", b"ply")
    assert "0" not in page.downloads and "1" in page.downloads

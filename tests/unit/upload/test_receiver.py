"""The kernel's half of the chunked transfer, against pages that behave well and badly."""

import hashlib
import random

import pytest

from splat_widgets.photos.opening import display_name
from splat_widgets.upload.receiver import CHUNK_BYTES, IDLE_S, Receiver


class Page:
    """A comm: what the kernel sends is kept, what the page sends goes to the receiver."""

    def __init__(self, max_bytes=10 * CHUNK_BYTES, admit=None):
        self.heard = []
        self.files = []
        self.now = 0.0
        self.receiver = Receiver(
            self.heard.append,
            self.files.append,
            max_bytes=max_bytes,
            admit=admit,
            clock=lambda: self.now,
        )

    def say(self, kind, file_id="a", *, buffers=(), **content):
        self.heard.clear()
        views = [memoryview(buffer) for buffer in buffers]
        assert self.receiver.handle({"kind": kind, "id": file_id, **content}, views)
        return self.heard[-1] if self.heard else None

    def begin(self, data, file_id="a", name="photo.jpg"):
        return self.say("file_begin", file_id, name=name, size=len(data))

    def chunk(self, data, seq, file_id="a"):
        piece = data[seq * CHUNK_BYTES : (seq + 1) * CHUNK_BYTES]
        return self.say("file_chunk", file_id, seq=seq, buffers=[piece])

    def end(self, data, file_id="a"):
        return self.say("file_end", file_id, sha256=hashlib.sha256(data).hexdigest())


def some_bytes(size, seed=0):
    return random.Random(seed).randbytes(size)


DATA = some_bytes(3 * CHUNK_BYTES + 17)


def test_a_file_arrives_whole_and_every_chunk_is_acknowledged():
    page = Page()
    ready = page.begin(DATA)
    assert ready == {"kind": "file_ready", "id": "a", "chunk_bytes": CHUNK_BYTES}
    for seq in range(4):
        assert page.chunk(DATA, seq) == {"kind": "file_ack", "id": "a", "seq": seq}
    assert page.end(DATA) is None  # the owner looks at the file before the last word
    (file,) = page.files
    assert (file.id, file.name, file.data) == ("a", "photo.jpg", DATA)
    assert file.sha256 == hashlib.sha256(DATA).hexdigest()
    assert page.receiver.pending == 1
    page.receiver.finish("a")
    assert page.heard[-1] == {"kind": "file_done", "id": "a"}
    assert page.receiver.pending == 0


def test_order_and_repetition_do_not_matter():
    page = Page()
    page.begin(DATA)
    page.begin(DATA)  # the page did not see the first answer
    for seq in (3, 1, 1, 0, 2, 3):
        assert page.chunk(DATA, seq)["kind"] == "file_ack"
    page.end(DATA)
    page.end(DATA)
    assert [file.data for file in page.files] == [DATA]
    page.receiver.finish("a")
    assert page.end(DATA) == {"kind": "file_done", "id": "a"}
    assert page.begin(DATA) == {"kind": "file_done", "id": "a"}


def test_two_files_at_once_do_not_mix():
    page = Page()
    other = some_bytes(2 * CHUNK_BYTES, seed=1)
    page.begin(DATA, "a")
    page.begin(other, "b")
    for seq in range(4):
        page.chunk(DATA, seq, "a")
        if seq < 2:
            page.chunk(other, seq, "b")
    page.end(other, "b")
    page.end(DATA, "a")
    assert {file.id: file.data for file in page.files} == {"a": DATA, "b": other}


def test_another_file_under_a_used_id_is_refused():
    page = Page()
    page.begin(DATA)
    answer = page.say("file_begin", name="other.jpg", size=5)
    assert answer["kind"] == "file_failed"
    assert "twice" in answer["reason"]


def test_damage_is_noticed():
    page = Page()
    page.begin(DATA)
    damaged = bytearray(DATA)
    damaged[CHUNK_BYTES + 5] ^= 1
    for seq in range(4):
        page.chunk(bytes(damaged), seq)
    answer = page.end(DATA)
    assert answer["kind"] == "file_failed"
    assert "checksum" in answer["reason"]
    assert page.files == []


def test_a_missing_chunk_is_noticed():
    page = Page()
    page.begin(DATA)
    for seq in (0, 1, 3):
        page.chunk(DATA, seq)
    answer = page.end(DATA)
    assert answer["reason"].startswith("1 of its chunks did not arrive")
    assert page.files == []


@pytest.mark.parametrize(
    ("seq", "buffers", "reason"),
    [
        (4, [b"x"], "chunk 4 is not one of its 4 chunks"),
        (-1, [b"x"], "chunk -1"),
        ("0", [b"x"], "chunk '0'"),
        (True, [b"x"], "chunk True"),
        (None, [b"x"], "chunk None"),
        (0, [], "without its bytes"),
        (0, [b"x", b"y"], "without its bytes"),
        (0, [b"short"], "has 5 bytes, expected 1048576"),
        (3, [bytes(18)], "has 18 bytes, expected 17"),
    ],
)
def test_chunks_that_do_not_fit_end_the_transfer(seq, buffers, reason):
    page = Page()
    page.begin(DATA)
    answer = page.say("file_chunk", seq=seq, buffers=buffers)
    assert answer["kind"] == "file_failed"
    assert reason in answer["reason"]
    assert page.receiver.pending == 0


@pytest.mark.parametrize("size", [None, "5", -1, 1.5, True])
def test_sizes_that_are_none(size):
    assert "size" in Page().say("file_begin", name="x", size=size)["reason"]


def test_empty_and_oversized_files_never_start():
    page = Page(max_bytes=1024)
    assert page.say("file_begin", "a", name="x", size=0)["reason"] == "is empty"
    answer = page.say("file_begin", "b", name="x", size=1025)
    assert answer["reason"] == "has 1.0 KiB, more than the limit of 1 KiB"
    assert page.receiver.pending == 0


def test_the_owner_may_refuse_and_hears_how_many_are_coming():
    heard = []

    def admit(name, pending):
        heard.append((name, pending))
        return "no room" if pending else None

    page = Page(admit=admit)
    page.begin(DATA, "a")
    assert page.begin(DATA, "b")["reason"] == "no room"
    assert heard == [("photo.jpg", 0), ("photo.jpg", 1)]


def test_cancelling_frees_the_memory_and_late_chunks_do_no_harm():
    page = Page()
    page.begin(DATA)
    page.chunk(DATA, 0)
    page.say("file_cancel")
    assert page.receiver.pending == 0
    assert page.chunk(DATA, 1)["kind"] == "file_failed"
    assert page.end(DATA)["kind"] == "file_failed"
    assert page.files == []


def test_cancelling_while_the_owner_checks():
    page = Page()
    page.begin(b"x")
    page.chunk(b"x", 0)
    page.end(b"x")
    assert page.receiver.is_wanted("a")
    page.say("file_cancel")
    assert not page.receiver.is_wanted("a")


def test_an_unknown_transfer_can_be_tried_again():
    page = Page()  # as after a restart of the kernel
    assert page.chunk(DATA, 0)["reason"].endswith("try again")
    assert page.end(DATA, "b")["reason"].endswith("try again")


def test_a_page_that_went_away_does_not_hold_memory_forever():
    page = Page()
    page.begin(DATA, "a")
    page.now = IDLE_S + 1
    page.begin(DATA, "b")
    assert page.receiver.pending == 1


@pytest.mark.parametrize("bad", [None, 5, "", "a b", "../x", "x" * 65])
def test_messages_without_a_proper_id_are_ignored(bad):
    page = Page()
    page.receiver.handle({"kind": "file_begin", "id": bad, "name": "x", "size": 5}, [])
    assert page.heard == []


def test_other_messages_are_left_to_others():
    assert not Page().receiver.handle({"kind": "reset"}, [])


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.jpg", "a.jpg"),
        ("evil\u202egpj.exe\n", "evilgpj.exe"),
        ("<img src=x>", "<img src=x>"),  # shown as text, never as HTML
        ("", "photo"),
        (None, "photo"),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_names_are_text_to_show(given, shown):
    assert display_name(given) == shown

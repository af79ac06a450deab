"""The kernel's half of the chunked transfer, against pages that behave well and badly."""

import random

import pytest

from splat_widgets.page.chunks import UP_BYTES
from splat_widgets.photos.source import display_name
from splat_widgets.upload.receiver import IDLE_S, Receiver


class Page:
    """A comm: what the kernel sends is kept, what the page sends goes to the receiver."""

    def __init__(self, max_bytes=10 * UP_BYTES, admit=None):
        self.received = []
        self.files = []
        self.now = 0.0
        self.receiver = Receiver(
            self.received.append,
            self.files.append,
            max_bytes=max_bytes,
            admit=admit,
            clock=lambda: self.now,
        )

    def say(self, kind, *, buffers=(), **content):
        self.received.clear()
        handler = self.receiver.handlers()[kind]
        handler({"kind": kind, **content}, [memoryview(buffer) for buffer in buffers])
        return self.received[-1] if self.received else None

    def begin(self, data, file_id="a", name="photo.jpg"):
        return self.say("file_begin", id=file_id, name=name, size=len(data))

    def chunk(self, data, number, file_id="a"):
        piece = data[number * UP_BYTES : (number + 1) * UP_BYTES]
        return self.say("chunk", transfer=file_id, number=number, buffers=[piece])

    def chunks(self, data, file_id="a"):
        for number in range(-(-len(data) // UP_BYTES)):
            self.chunk(data, number, file_id)

    def ask(self, file_id="a", question=1):
        return self.say("chunks_question", transfer=file_id, question=question)


def told(next_, file_id="a", question=0):
    return {"kind": "chunks_state", "transfer": file_id, "next": next_, "question": question}


def some_bytes(size, seed=0):
    return random.Random(seed).randbytes(size)


DATA = some_bytes(3 * UP_BYTES + 17)


def test_a_file_arrives_whole_and_every_chunk_is_acknowledged():
    page = Page()
    assert page.begin(DATA) == {"kind": "file_ready", "id": "a", "chunk_bytes": UP_BYTES}
    for number in range(4):
        assert page.chunk(DATA, number) == told(number + 1)
    (file,) = page.files  # the owner looks at the file before the last word
    assert (file.id, file.name, file.data) == ("a", "photo.jpg", DATA)
    assert page.receiver.pending == 1
    page.receiver.finish("a")
    assert page.received[-1] == {"kind": "file_done", "id": "a"}
    assert page.receiver.pending == 0


def test_order_and_repetition_do_not_matter():
    page = Page()
    page.begin(DATA)
    page.begin(DATA)  # the page did not see the first answer
    assert page.ask(question=7) == told(0, question=7)
    for number in (3, 1, 1, 0, 3):
        page.chunk(DATA, number)
    assert page.ask(question=8) == told(2, question=8)
    page.chunk(DATA, 2)
    page.chunk(DATA, 2)
    assert page.ask(question=9) == told(4, question=9)
    assert [file.data for file in page.files] == [DATA]
    page.receiver.finish("a")
    done = {"kind": "file_done", "id": "a"}
    assert page.ask() == page.begin(DATA) == page.chunk(DATA, 0) == done


def test_two_files_at_once_do_not_mix():
    page = Page()
    other = some_bytes(2 * UP_BYTES, seed=1)
    page.begin(DATA, "a")
    page.begin(other, "b")
    for number in range(4):
        page.chunk(DATA, number, "a")
        if number < 2:
            page.chunk(other, number, "b")
    assert {file.id: file.data for file in page.files} == {"a": DATA, "b": other}


def test_another_file_under_a_used_id_is_refused():
    page = Page()
    page.begin(DATA)
    answer = page.say("file_begin", id="a", name="other.jpg", size=5)
    assert answer["kind"] == "file_failed" and answer["retryable"]
    assert "twice" in answer["reason"]


def test_a_chunk_that_does_not_fit_ends_the_transfer():
    page = Page()
    page.begin(DATA)
    answer = page.say("chunk", transfer="a", number=4, buffers=[b"x"])
    assert answer["reason"] == "chunk 4 is not one of its 4 chunks; try again"
    assert answer["kind"] == "file_failed" and answer["retryable"]
    assert page.receiver.pending == 0


def test_empty_and_oversized_files_never_start():
    page = Page(max_bytes=1000)
    assert page.say("file_begin", id="a", name="x", size=0)["reason"] == "is empty"
    assert "size" in page.say("file_begin", id="c", name="x", size=-1)["reason"]
    answer = page.say("file_begin", id="b", name="x", size=1100)
    assert not answer["retryable"]
    assert answer["reason"] == "has 1.1 kB, more than the limit of 1 kB"
    assert page.receiver.pending == 0


def test_the_owner_may_refuse_and_hears_how_many_are_coming():
    received = []

    def admit(name, pending):
        received.append((name, pending))
        return "no room" if pending else None

    page = Page(admit=admit)
    page.begin(DATA, "a")
    assert page.begin(DATA, "b")["reason"] == "no room"
    assert received == [("photo.jpg", 0), ("photo.jpg", 1)]


def test_cancelling_frees_the_memory_and_late_chunks_do_no_harm():
    page = Page()
    page.begin(DATA)
    page.chunk(DATA, 0)
    page.say("file_cancel", id="a")
    assert page.receiver.pending == 0
    assert page.chunk(DATA, 1)["kind"] == "file_failed"
    assert page.files == []


def test_cancelling_while_the_owner_checks():
    page = Page()
    page.begin(b"x")
    page.chunk(b"x", 0)
    assert page.receiver.is_wanted("a")
    page.say("file_cancel", id="a")
    assert not page.receiver.is_wanted("a")


def test_an_unknown_transfer_is_named_as_such():
    page = Page()  # as after a restart of the kernel
    assert page.chunk(DATA, 0) == told(-1)
    assert page.ask(question=2) == told(-1, question=2)


def test_a_page_that_went_away_does_not_hold_memory_forever():
    page = Page()
    page.begin(DATA, "a")
    page.now = IDLE_S + 1
    page.begin(DATA, "b")
    assert page.receiver.pending == 1


@pytest.mark.parametrize("bad", ["", "a b", "../x", "x" * 65])
def test_files_without_a_proper_id_are_ignored(bad):
    page = Page()
    assert page.say("file_begin", id=bad, name="x", size=5) is None
    assert page.receiver.pending == 0


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


def test_how_an_upload_ended_is_recorded_without_its_name(caplog):
    caplog.set_level("INFO", logger="splat_widgets.events")
    page = Page()
    page.begin(DATA, name="our garden.JPG")
    page.now = 2.0
    page.chunks(DATA)
    page.receiver.finish("a")
    page.begin(b"", file_id="empty", name="our garden.JPG")
    page.begin(DATA, file_id="gone")
    page.say("file_cancel", id="gone")
    page.say("file_cancel", id="gone")  # a message that comes twice is one event
    events = [record.event for record in caplog.records]
    assert [(e.kind, e.outcome) for e in events] == [
        ("upload", "done"),
        ("upload", "refused"),
        ("upload", "cancelled"),
    ]
    assert events[0].seconds == 2.0
    assert (events[0].fields["bytes"], events[0].fields["format"]) == (len(DATA), ".jpg")
    assert events[0].fields["name"] == events[1].fields["name"] != events[2].fields["name"]
    assert "garden" not in caplog.text

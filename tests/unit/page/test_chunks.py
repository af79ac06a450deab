"""The kernel's half of a transfer, against a page on a line that loses and repeats messages."""

import random

import pytest

from splat_widgets.page.chunks import (
    DOWN_BYTES,
    UP_BYTES,
    WINDOW,
    Incoming,
    Outgoing,
    route,
    split,
)


class Page:
    """Takes chunks as `client/src/page/chunks.ts` does; `ask` is what its timer does."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.data: dict[int, bytes] = {}
        self.question = 0
        self.to_kernel: list[dict] = []

    @property
    def next(self) -> int:
        return next(i for i in range(self.count + 1) if i not in self.data)

    def ask(self) -> None:
        self.question += 1
        self.to_kernel.append(
            {"kind": "chunks_question", "transfer": "t", "question": self.question}
        )

    def receive(self, message: dict, buffers) -> None:
        if message["kind"] == "chunk":
            self.data[message["number"]] = bytes(buffers[0])
        elif message["question"] != self.question:
            return
        resend = message["kind"] == "chunks_state"
        self.to_kernel.append(
            {"kind": "chunks_arrived", "transfer": "t", "next": self.next, "resend": resend}
        )


@pytest.mark.parametrize("seed", range(20))
def test_everything_arrives_over_a_line_that_loses_and_repeats(seed: int) -> None:
    rng = random.Random(seed)
    chunks = [rng.randbytes(3) for _ in range(rng.randrange(1, 12))]
    page, line = Page(len(chunks)), []
    outgoing = Outgoing("t", chunks, lambda message, buffers: line.append((message, buffers)))
    outgoing.advance()
    for _ in range(2000):
        if len(page.data) == len(chunks):
            break
        while line or page.to_kernel:
            if line:
                message, buffers = line.pop(0)
                for _ in range(rng.choice((0, 1, 1, 2))):
                    page.receive(message, buffers)
            if page.to_kernel:
                message = page.to_kernel.pop(0)
                for _ in range(rng.choice((0, 1, 1, 2))):
                    outgoing.take(message)
        page.ask()
    assert [page.data[i] for i in range(len(chunks))] == chunks


def test_a_window_of_chunks_is_on_the_way_and_no_more() -> None:
    sent = []
    outgoing = Outgoing("t", [b"x"] * 5, lambda message, _: sent.append(message["number"]))
    outgoing.advance()
    assert sent == list(range(WINDOW)) and not outgoing.answered
    for number in range(5):
        arrived = {"kind": "chunks_arrived", "transfer": "t", "next": number + 1, "resend": False}
        outgoing.take(arrived)
        assert sent == list(range(min(5, number + 1 + WINDOW)))
    assert outgoing.is_done and outgoing.answered


def test_questions_that_pile_up_behind_a_busy_kernel_send_nothing_again() -> None:
    sent = []
    outgoing = Outgoing("t", [b"x"] * 5, lambda message, _: sent.append(message["kind"]))
    outgoing.advance()
    for question in range(1, 50):
        outgoing.take({"kind": "chunks_question", "transfer": "t", "question": question})
    assert sent.count("chunk") == WINDOW and sent.count("chunks_state") == 49


def test_a_cancelled_transfer_sends_nothing() -> None:
    sent = []
    outgoing = Outgoing("t", [b"x"] * 5, lambda message, _: sent.append(message))
    outgoing.cancel()
    outgoing.take({"kind": "chunks_arrived", "transfer": "t", "next": 0, "resend": True})
    assert sent == []


def test_a_page_hears_that_its_transfer_is_not_known() -> None:
    sent = []
    known = Outgoing("t", [b"x"], lambda *_: None)
    message = {"kind": "chunks_question", "transfer": "other", "question": 7}
    assert route(message, [None, known], lambda m, _: sent.append(m)) is None
    assert sent == [{"kind": "chunks_state", "transfer": "other", "next": -1, "question": 7}]
    assert route({**message, "transfer": "t"}, [None, known], lambda *_: None) is known


@pytest.mark.parametrize("size", [0, 1, DOWN_BYTES, DOWN_BYTES + 1, 3 * DOWN_BYTES - 1])
def test_data_is_split_into_chunks_of_the_largest_size(size: int) -> None:
    data = random.Random(size).randbytes(size)
    parts = split(data)
    assert b"".join(parts) == data
    assert all(len(part) == DOWN_BYTES for part in parts[:-1])
    assert all(0 < len(part) <= DOWN_BYTES for part in parts)


@pytest.mark.parametrize("seed", range(5))
def test_incoming_chunks_may_come_in_any_order_and_twice(seed: int) -> None:
    rng = random.Random(seed)
    data = rng.randbytes(3 * UP_BYTES + 17)
    incoming = Incoming(len(data))
    numbers = rng.sample([0, 1, 2, 3] * 2, 8)
    seen = set()
    for number in numbers:
        incoming.put(number, [memoryview(data)[number * UP_BYTES :][:UP_BYTES]])
        seen.add(number)
        assert incoming.next == min({0, 1, 2, 3, 4} - seen)
        assert incoming.is_whole == (len(seen) == 4)
    assert incoming.data == data


@pytest.mark.parametrize(
    ("number", "buffers", "reason"),
    [
        (4, [b"x"], "chunk 4 is not one of its 4 chunks"),
        (-1, [b"x"], "chunk -1 is not"),
        (0, [], "without its bytes"),
        (0, [b"x", b"y"], "without its bytes"),
        (0, [b"short"], "has 5 bytes, expected 1048576"),
        (3, [bytes(18)], "has 18 bytes, expected 17"),
    ],
)
def test_chunks_that_do_not_fit_are_refused(number, buffers, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        Incoming(3 * UP_BYTES + 17).put(number, buffers)

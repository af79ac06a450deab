"""Worker processes of this machine, each with a model of its own."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Protocol

from splat_widgets.service.batch.items import Item
from splat_widgets.service.batch.parts import Part

MOST_ATTEMPTS = 2
_LOST = (
    f"The item ended its worker process {MOST_ATTEMPTS} times, perhaps for lack of memory; try "
    "fewer or smaller photos, or fewer --workers."
)
_spawning = multiprocessing.get_context("spawn")  # a fork of a process with torch's threads hangs


class Doing(Protocol):
    """What workers do, as `Work`."""

    def begin(self) -> Callable[[Item], Part]: ...  # noqa: D102
    def failed(self, item: Item, sentence: str) -> Part: ...  # noqa: D102


class _Hand:
    """A worker process; it ends when this one does, in whatever way."""

    def __init__(self, work: Doing) -> None:
        self.line, far = _spawning.Pipe()
        self.process = _spawning.Process(target=_serve, args=(far, work), daemon=True)
        self.process.start()
        far.close()  # so that its end is seen here
        self.item: Item | None = None

    def take(self, item: Item) -> None:
        self.item = item
        with suppress(OSError):  # it has ended: seen as soon as its answer is waited for
            self.line.send(item)

    def end(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.join()


def each(work: Doing, items: Sequence[Item], workers: int) -> Iterator[Part]:
    """Do all items; yields their records as they end.

    A process that is killed is replaced; an item during which that happens twice has failed.

    Raises:
        RuntimeError: if a worker cannot begin, as without a model.
    """
    left, attempts = deque(items), dict.fromkeys((item.name for item in items), 0)
    hands: list[_Hand] = []
    try:
        while left or any(hand.item for hand in hands):
            while len(hands) < workers and len(left) > sum(hand.item is None for hand in hands):
                hands.append(_Hand(work))
            for hand in hands:
                if left and hand.item is None:
                    hand.take(left.popleft())
            for line in wait([hand.line for hand in hands if hand.item]):
                hand = next(hand for hand in hands if hand.line is line)
                part = _answer(hand)
                item, hand.item = hand.item, None
                assert item is not None
                if part is None:
                    hand.end()
                    hands.remove(hand)
                    attempts[item.name] += 1
                    if attempts[item.name] < MOST_ATTEMPTS:
                        left.append(item)
                    else:
                        yield work.failed(item, _LOST)
                    continue
                yield part
    finally:
        for hand in hands:
            hand.end()


def _answer(hand: _Hand) -> Part | None:
    """What a worker has sent; None if it has ended instead."""
    try:
        answer = hand.line.recv()
    except (EOFError, OSError):
        return None
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer


def _serve(line: Connection, work: Doing) -> None:
    """Do what comes through the line until it is closed."""
    from splat_widgets.jobs.explain import explain

    with suppress(EOFError, OSError, KeyboardInterrupt):
        try:
            do = work.begin()
        except Exception as error:
            line.send(explain(error))
            return
        while True:
            line.send(do(line.recv()))

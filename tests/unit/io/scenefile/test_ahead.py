"""Parts come in their order, whoever makes them, and a few at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from splat_widgets.io.scenefile.ahead import Ahead


class Numbers:
    """Parts that say who made them."""

    def __init__(self, count):
        self.count, self.made = count, {}

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        if number == 13:
            raise OSError("thirteen")
        self.made[number] = threading.current_thread().name
        return b"%d" % number


@pytest.mark.parametrize("count", [0, 1, 3, 12])
def test_parts_come_in_order_and_are_made_once(count):
    parts = Numbers(count)
    with ThreadPoolExecutor(2) as pool:
        found = list(Ahead(parts, pool))
    assert found == [b"%d" % number for number in range(count)]
    assert sorted(parts.made) == list(range(count))


def test_a_few_are_made_before_they_are_asked_for():
    parts = Numbers(12)
    with ThreadPoolExecutor(1) as pool:
        ahead = Ahead(parts, pool)
        pool.submit(int).result()  # after those that were begun
        assert sorted(parts.made) == [0, 1, 2, 3]
        assert next(iter(ahead)) == b"0"


def test_what_no_thread_has_begun_is_made_by_the_one_that_asks():
    parts, wait = Numbers(3), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(wait.wait)
        assert list(Ahead(parts, pool)) == [b"0", b"1", b"2"]
        wait.set()
    assert set(parts.made.values()) == {threading.current_thread().name}


def test_an_error_reaches_the_one_that_asks():
    with ThreadPoolExecutor(1) as pool, pytest.raises(OSError, match="thirteen"):
        list(Ahead(Numbers(20), pool))

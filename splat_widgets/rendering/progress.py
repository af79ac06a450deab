"""Bars with an estimate for what takes long, on top of tqdm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, TypeVar

from splat_widgets import notices

Progress = Callable[[int, int], object]
"""Called with the number of frames that are done and of all frames."""

PATIENCE_S = 2.0
"""A single picture that takes longer shows a bar."""
Item = TypeVar("Item")


@contextmanager
def reporting(progress: Progress | Literal[False] | None, total: int) -> Iterator[Progress]:
    """A function to report frames to: the given one, none, or one that moves a bar.

    Raises:
        TypeError: for something else.
    """
    if progress is False:
        yield lambda done, total: None
    elif progress is not None:
        if not callable(progress):
            raise TypeError(f"expected a function, None or False as progress, got {progress!r}")
        yield progress
    else:
        from tqdm.auto import tqdm

        with tqdm(total=total, desc="video", unit="frame") as bar:
            yield lambda done, total: bar.update(done - bar.n)


def patiently(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items; if they take long, with a bar that says how much is left.

    Inside `notices.quiet` there is none.
    """
    began_s, bar = time.perf_counter(), None
    try:
        for number, item in enumerate(items):
            is_slow = time.perf_counter() - began_s > PATIENCE_S
            if bar is None and is_slow and not notices.is_quiet():
                from tqdm.auto import tqdm

                bar = tqdm(total=len(items), initial=number, desc=what, unit="part", leave=False)
            yield item
            if bar is not None:
                bar.update()
    finally:
        if bar is not None:
            bar.close()

"""One file of a corpus, and what may become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Ending = Literal["right", "refused", "either"]


@dataclass(frozen=True)
class Case:
    """A file that is made when it is needed."""

    group: str  # row of the outcome table
    name: str  # tells it from the others of its group
    make: Callable[[], bytes]
    ending: Ending  # "either": what was damaged decides, but nothing else may happen
    suffix: str = ""  # of the file's name
    said: str = ""  # in the message of a refusal
    max_mib: float = 64  # memory that opening it may take, beyond what the process has
    is_slow: bool = False  # tried by the benchmark alone


class WrongEnding(AssertionError):
    """A case ended as none may: with a wrong result, or with an error that is not ours."""

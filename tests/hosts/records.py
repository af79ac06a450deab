"""What a host is to a check, and what a check says of a host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from hosts.line import Line
    from playwright.sync_api import Page

Verdict = Literal["works", "works with a word", "does not", "-"]


@dataclass(frozen=True)
class Outcome:
    """One cell of the table."""

    verdict: Verdict
    word: str = ""  # the sentence that a user sees, or what went wrong

    def __str__(self) -> str:
        return f"{self.verdict}: {self.word}" if self.word else self.verdict


class Absent(Exception):
    """The host has no such thing; the message says what it has instead."""


class Failed(Exception):
    """A user would call this broken; the message says what is seen."""


class Host(Protocol):
    """A running notebook program and a page of a browser on it."""

    name: str  # as it is selected
    page: Page
    root: Path  # the folder that notebooks lie and kernels run in
    line: Line  # between browser and server

    def versions(self) -> str:
        """The program and what runs the kernel, for the head of the table."""
        ...

    def start(self) -> None: ...

    def open(self, cells: Sequence[str], later: str = "") -> None:
        """Open a new notebook of these cells and run them; `later` is code for `run_later`."""
        ...

    def run_later(self) -> None:
        """Run the code that was kept; does not wait for it."""
        ...

    def reload(self) -> None:
        """Save the notebook and load the page anew."""
        ...

    def restart(self) -> None:
        """Restart the kernel; nothing runs again by itself unless the host does so."""
        ...

    def reopen(self) -> None:
        """Save, close, and open the saved notebook on a new kernel, with nothing run."""
        ...

    def close(self) -> None:
        """End the notebook's kernel."""
        ...

    def stop(self) -> None: ...


Check = Callable[[Host], Outcome]

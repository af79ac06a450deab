"""Containers of ipywidgets leave the pictures of the widgets of ours in them.

A notebook asks only a container for what it shows, never the widgets in it. IPython's table of
formatters is where a program may add something to the display of a class that is not its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
from IPython.core.getipython import get_ipython


def fill_containers() -> None:
    """Let `HBox`, `Tab`, `interact` and all others of this kernel leave what is in them.

    What somebody else has set for containers stays, and shows them.
    """
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        return
    formatters = shell.display_formatter
    if hasattr(ipywidgets.Box, "_repr_mimebundle_"):
        formatter, own = formatters.mimebundle_formatter, _bundle
    else:  # ipywidgets 7
        formatter, own = formatters.ipython_display_formatter, _display
    former = formatter.for_type(ipywidgets.Box)
    if not isinstance(former, _Filling):
        formatter.for_type(ipywidgets.Box, _Filling(former or own))


def parts_of(widget: Any) -> Iterator[Any]:
    """All widgets in a container, also those in containers in it."""
    for child in getattr(widget, "children", ()):
        yield child
        yield from parts_of(child)


class _Filling:
    """Shows a container as `show` does, and leaves the pictures of what is in it."""

    def __init__(self, show: Callable[..., Any]) -> None:
        self._show = show

    def __call__(self, box: Any, **options: Any) -> Any:
        for part in parts_of(box):
            leave = getattr(part, "_leave_still", None)
            if leave is not None:
                leave()
        return self._show(box, **options)


def _bundle(box: Any, **options: Any) -> Any:
    return box._repr_mimebundle_(**options)


def _display(box: Any) -> None:
    box._ipython_display_()

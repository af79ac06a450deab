"""Containers of ipywidgets leave the pictures of the widgets of ours in them.

A notebook asks only a container for what it shows, never the widgets in it. IPython's table of
formatters is where a program may add something to the display of a class that is not its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets
from IPython.core.getipython import get_ipython


def fill_containers() -> None:
    """Let `HBox`, `Tab`, `interact` and all others of this kernel leave what is in them."""
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        return
    formatters = shell.display_formatter
    if hasattr(ipywidgets.Box, "_repr_mimebundle_"):
        formatters.mimebundle_formatter.for_type(ipywidgets.Box, _bundle)
    else:  # ipywidgets 7
        formatters.ipython_display_formatter.for_type(ipywidgets.Box, _display)


def parts_of(widget: Any) -> Iterator[Any]:
    """All widgets in a container, also those in containers in it."""
    for child in getattr(widget, "children", ()):
        yield child
        yield from parts_of(child)


def _bundle(box: Any, **options: Any) -> Any:
    _leave_stills(box)
    return box._repr_mimebundle_(**options)


def _display(box: Any) -> None:
    _leave_stills(box)
    box._ipython_display_()


def _leave_stills(box: Any) -> None:
    for part in parts_of(box):
        leave = getattr(part, "_leave_still", None)
        if leave is not None:
            leave()

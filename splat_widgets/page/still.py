"""The still picture beside a live widget: what a saved notebook keeps of it.

Widget and picture are two outputs of a cell. Programs that know widgets (nbconvert, JupyterLab)
would show only the widget of a single output, and a widget is empty when its kernel is gone. The
page hides the picture while the widget beside it is alive.
"""

from __future__ import annotations

import base64
import html
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display, update_display

logger = logging.getLogger(__name__)
QUIET_S = 1.0  # that a slider rests before its picture is drawn
# Below the message of a program that found no widget, this says what to do.
WAY_BACK = " · run the cell for the live view"
_HIDDEN = (
    "<style>:is(.jp-OutputArea-child, .output_area):has({beside}) ~ "
    ":is(.jp-OutputArea-child, .output_area):has(.{name}) {{ display: none }}</style>"
)


@dataclass(frozen=True)
class StillContent:
    """What there is to see of a widget."""

    text: str  # one line; stands for the picture where there is none
    jpeg: bytes | None = None


class Still:
    """One picture for all outputs of a widget; it is drawn in the kernel, without a page."""

    def __init__(
        self,
        draw: Callable[[], StillContent],
        version: Callable[[], object] = object,
        beside: str = "",
    ) -> None:
        """A picture that is drawn when a cell shows the widget, and for every refreshing.

        Args:
            draw: draws it.
            version: equal for equal pictures; one that was drawn is not drawn again.
            beside: what a live widget of others has, as CSS; it hides the picture. A page of ours
                does so itself.
        """
        self.name = f"sw-still-{uuid.uuid4().hex[:12]}"  # class of the element that the page hides
        self._draw, self._version = draw, version
        self._beside = beside
        self._drawn: object = None  # the version that cells show; None: no cell does
        self._is_asked = self._follows = False

    def follow(self) -> bool:
        """Put the picture below what the running cell shows, once; False without such a cell."""
        if not runs_cell():
            return False
        if self._follows:
            return True
        shell: Any = get_ipython()

        def publish(*_result: object) -> None:
            self._follows = False
            shell.events.unregister("post_run_cell", publish)
            display(self.bundle(), raw=True, display_id=self.name)

        shell.events.register("post_run_cell", publish)
        self._follows = True
        return True

    def take_over(self, name: str, former: Still | None) -> None:
        """Show this picture in the place of another one, once it has been quiet for a while.

        Args:
            name: of the other one.
            former: the other one, unless its widget is gone; it is drawn no more.
        """
        if former is not None:
            former._drawn = None
        self.name, self._drawn = name, object()
        later = threading.Timer(QUIET_S, self.refresh_now)
        later.daemon = True
        later.start()

    def refresh(self) -> None:
        """Draw it again in the background, wherever a cell has shown it."""
        if self._drawn is not None and not self._is_asked:
            self._is_asked = True
            threading.Thread(target=self._later, name="splat-still", daemon=True).start()

    def refresh_now(self) -> None:
        """Draw it again for the last time, before the widget goes."""
        if self._drawn is not None and self._drawn != self._version():
            update_display(self.bundle(), raw=True, display_id=self.name)

    def bundle(self) -> dict[str, Any]:
        """The output: HTML that the page can hide, the picture for GitHub, a line of text."""
        self._drawn = self._version()
        content = self._content()
        shown = self._html(content, WAY_BACK)
        data: dict[str, Any] = {"text/html": shown, "text/plain": content.text}
        if content.jpeg is not None:
            data |= {"image/jpeg": content.jpeg, "text/plain": f"<picture of {content.text}>"}
        return data

    def html(self) -> str:
        """The HTML alone, for a host that draws no picture again."""
        return self._html(self._content())

    def _html(self, content: StillContent, way: str = "") -> str:
        style = _HIDDEN.format(beside=self._beside, name=self.name) if self._beside else ""
        text = html.escape(content.text)
        caption = f"{text}{way}"
        if content.jpeg is None:
            return f'{style}<p class="{self.name}">{caption}</p>'
        data = base64.b64encode(content.jpeg).decode("ascii")
        picture = f'<img alt="{text}" src="data:image/jpeg;base64,{data}">'
        return (
            f'{style}<figure class="{self.name}" style="margin: 0">{picture}'
            f"<figcaption>{caption}</figcaption></figure>"
        )

    def _later(self) -> None:
        self._is_asked = False
        self.refresh_now()

    def _content(self) -> StillContent:
        try:
            return self._draw()
        except Exception:  # the result of a long run must not end in a traceback
            logger.warning("the still picture cannot be drawn", exc_info=True)
            return StillContent("a widget whose picture could not be drawn")


class LeavesStill:
    """A widget whose picture follows it at the end of the cell, for places without a kernel."""

    _kept: Still  # that picture

    def _leave_still(self) -> None:
        """Asked by what shows it, a cell or a container in one: put the picture below that."""
        self._kept.follow()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        self._leave_still()
        widget: Any = super()
        return widget._repr_mimebundle_(**options)


def runs_cell() -> bool:
    """Whether a notebook's kernel runs a cell: not a terminal, and not a callback of a widget."""
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        return False
    try:
        return shell.get_parent()["header"]["msg_type"] == "execute_request"
    except (AttributeError, KeyError, TypeError):
        return False

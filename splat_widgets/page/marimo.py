"""What marimo shows of a widget: its own view, and below it what stays when the kernel is gone.

marimo keeps the outputs of a restarted kernel and of a notebook that was exported, but not the
models behind them: in place of the widget stands "Model not found". A live widget hides its still
picture wherever it is, this one too.
"""

from __future__ import annotations

import sys
from typing import Any

from splat_widgets.page.still import Still

GONE = "The kernel is gone. Run the cell again."
_APPEARS = "sw-appears"
# A view that is about to be drawn gets some seconds before this says that there is none.
_STYLE = f"<style>@keyframes {_APPEARS} {{ 0%, 99% {{ visibility: hidden }} }}</style>"


class InMarimo:
    """An object with marimo's protocol for displays."""

    def __init__(self, widget: Any, still: Still) -> None:
        # It asks for the display, so it is there.
        self._view: Any = sys.modules["marimo"].ui.anywidget(widget)
        self._still = still

    def _mime_(self) -> tuple[str, str]:
        """Kind and text of the output."""
        below = (
            f'<div class="{self._still.name} sw-gone" role="alert" '
            f'style="animation: {_APPEARS} 5s">{self._still.html()}<p>{GONE}</p></div>'
        )
        return "text/html", f"{self._view.text}{_STYLE}{below}"

"""One selection for several inspectors, where the pixels of their scenes agree."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from splat_widgets.comparison.pixels import PixelMatch
from splat_widgets.inspector import Inspector
from splat_widgets.inspector.selection import Change
from splat_widgets.inspector.steps import assigned


class Following:
    """What is selected or picked in one inspector is selected in the others, until `stop`."""

    def __init__(self, views: Sequence[Inspector], match: Callable[[int, int], PixelMatch]) -> None:
        """`match` takes two places among the views and knows the pixels of their scenes."""
        self._views, self._match = tuple(views), match
        self._carried = threading.local()  # whether this thread is telling the others
        self._stops = [
            view._selection.listen(partial(self._on_change, place))
            for place, view in enumerate(self._views)
        ]

    def stop(self) -> None:
        """Let each go its own way, from where it is."""
        for stop in self._stops:
            stop()
        self._stops = []

    def _on_change(self, place: int, change: Change) -> None:
        if getattr(self._carried, "on", False):
            return
        is_selected = not np.array_equal(change.before.mask, change.now.mask)
        is_picked = change.before.picked != change.now.picked
        if change.now.scene is not change.before.scene or not (is_selected or is_picked):
            return  # an edit stays with its own inspector
        self._carried.on = True
        try:
            for other, view in enumerate(self._views):
                if other != place:
                    self._carry(place, other, view, change, is_selected, is_picked)
        finally:
            self._carried.on = False

    def _carry(
        self,
        place: int,
        other: int,
        view: Inspector,
        change: Change,
        is_selected: bool,
        is_picked: bool,
    ) -> None:
        match = self._match(place, other)
        if match.problem or len(match.back) != len(change.now.mask):
            return
        if is_selected and match.is_row_by_row:
            view._selection.follow(self._views[place]._selection, change.cause)
        elif is_selected:
            mask = match.carried(change.now.mask)
            view._selection.select(mask, assigned(mask))
        if is_picked:
            picked = change.now.picked
            view._selection.pick(int(match.back[picked]) if picked >= 0 else -1)

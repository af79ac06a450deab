"""One colour scale for all views that show the same attribute."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

from splat_widgets import attributes
from splat_widgets.inspector import Inspector
from splat_widgets.scene.scene import Scene

_WATCHED = ("color_by", "color_log", "color_range", "scene_info")


class OneRange:
    """While it is on, views without a colour range of the user's have one that fits all scenes.

    Views are linked: what the first one has, all have.
    """

    def __init__(self, views: Sequence[Inspector], names: Callable[[], Collection[str]]) -> None:
        """`names` tells which attributes mean the same in all scenes."""
        self._views, self._names = tuple(views), names
        self._on, self._setting, self._stopped = False, False, False
        self._range: list[float] = []  # the one that was set here
        self._of: tuple[Any, ...] = ()  # what it belongs to
        self._views[0].observe(self._on_change, names=_WATCHED)

    @property
    def on(self) -> bool:
        """Whether views share a range."""
        return self._on

    @on.setter
    def on(self, value: bool) -> None:
        self._on = value
        self._update()

    def stop(self) -> None:
        """Let each view go its own way, from where it is."""
        if not self._stopped:
            self._views[0].unobserve(self._on_change, names=_WATCHED)
        self._stopped = True

    def _on_change(self, _change: Any) -> None:
        if not self._setting:
            self._update()

    def _update(self) -> None:
        first = self._views[0]
        if first.color_range and first.color_range != self._range:
            self._range, self._of = [], ()
            return  # the user's own
        name, log = first.color_by, first.color_log
        wanted: list[float] = []
        if self._on and name in self._names():
            scenes = [view.scene for view in self._views]
            now = (name, log, *map(id, scenes))
            if self._range and first.color_range and now == self._of:
                return
            wanted, self._of = self._fitting(name, log), now
        if wanted != first.color_range:
            self._range, self._setting = wanted, True
            try:
                first.color_range = wanted
            finally:
                self._setting = False

    def _fitting(self, name: str, log: bool) -> list[float]:
        ends = []
        for view in self._views:
            scene = cast("Scene", view.scene)
            values = attributes.values(scene, name)
            ends.append(attributes.limits(attributes.get(name, scene), values, log=log))
        return [min(low for low, _ in ends), max(high for _, high in ends)]

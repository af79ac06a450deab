"""Several views that follow each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
from traitlets import TraitError

from splat_widgets.inspector.selection import Cause, Change
from splat_widgets.inspector.state import SETTINGS
from splat_widgets.inspector.widget import Inspector
from splat_widgets.viewer import SplatViewer


class Link:
    """Views that follow each other until `unlink`."""

    def __init__(self, views: Sequence[SplatViewer], names: Sequence[str]) -> None:
        """Link the traits of these names; all take the values of the first view."""
        self._views, self._names = tuple(views), tuple(names)
        self._stops: list[Callable[[], None]] = []
        first = self._views[0]
        traits = [name for name in names if name != "selection"]
        if "selection" in names:
            self._select_in_others(first, "select")
        for name in traits:
            self._set_in_others(first, name, getattr(first, name))
        for view in self._views:
            view.observe(self._on_trait, names=traits)
            self._stops.append(partial(view.unobserve, self._on_trait, names=traits))
            if "selection" in names and isinstance(view, Inspector):
                self._stops.append(view._selection.listen(partial(self._on_selection, view)))

    def __repr__(self) -> str:
        return f"<Link of {len(self._views)} views: {', '.join(self._names) or 'nothing any more'}>"

    def unlink(self) -> None:
        """Let each view go its own way, from where it is."""
        for stop in self._stops:
            stop()
        self._stops, self._names = [], ()

    def _on_trait(self, change: Any) -> None:
        self._set_in_others(change["owner"], change["name"], change["new"])

    def _on_selection(self, origin: Inspector, change: Change) -> None:
        if not np.array_equal(change.before.mask, change.now.mask):
            self._select_in_others(origin, change.cause)

    def _set_in_others(self, origin: SplatViewer, name: str, value: Any) -> None:
        for view in self._views:
            if view is not origin:
                try:
                    setattr(view, name, value)
                except TraitError as error:  # an attribute that only some of the scenes have
                    _say_not_linked(view, error)

    def _select_in_others(self, origin: SplatViewer, cause: Cause) -> None:
        for view in self._views:
            if view is not origin and isinstance(view, Inspector):
                try:
                    view._selection.follow(cast("Inspector", origin)._selection, cause)
                except ValueError as error:  # an edit left another number of Gaussians
                    _say_not_linked(view, error)


def _say_not_linked(view: SplatViewer, error: Exception) -> None:
    if isinstance(view, Inspector):
        view.show_message(f"Not linked: {error}", "warning")


def link(
    *views: SplatViewer, camera: bool = True, selection: bool = True, settings: bool = True
) -> Link:
    """Let inspectors follow each other: what is done in one is done in all.

    At first all take what the first one has. An undo or redo of a selection counts for all. An edit
    stays with its own inspector, whose selection the others cannot follow from then on.

    Args:
        views: two or more inspectors; viewers, too, if only the camera is linked.
        camera: where they look from.
        selection: which Gaussians are selected and picked, by their rows.
        settings: colours, filters, display and what the panel shows.

    Returns:
        The link; its `unlink()` undoes it.

    Raises:
        TypeError: if one of them is not an inspector.
        ValueError: for fewer than two, or a selection of scenes of different lengths.
    """
    if len(set(map(id, views))) < 2:
        raise ValueError(f"expected two or more different views to link, got {len(views)}")
    wanted = Inspector if selection or settings else SplatViewer
    for view in views:
        if not isinstance(view, wanted):
            raise TypeError(
                f"expected {wanted.__name__}s to link, got {type(view).__name__}; a SplatViewer "
                "can only be linked with selection=False, settings=False"
            )
    inspectors = [view for view in views if isinstance(view, Inspector)]
    counts = [len(view.selection) for view in inspectors]
    if selection and len(set(counts)) > 1:
        raise ValueError(
            "expected scenes with as many Gaussians each to link their selection, got "
            f"{' and '.join(f'{count:,}' for count in counts)}; pass selection=False"
        )
    names = [
        *(["camera"] if camera else []),
        *(["selection", "picked"] if selection else []),
        *(SETTINGS if settings else []),
    ]
    return Link(views, names)

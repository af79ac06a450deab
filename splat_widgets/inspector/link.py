"""Several views that follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traitlets import TraitError

from splat_widgets.inspector.state import SETTINGS
from splat_widgets.inspector.widget import Inspector
from splat_widgets.viewer import SplatViewer


class Link:
    """Views that follow each other until `unlink`."""

    def __init__(self, views: Sequence[SplatViewer], names: Sequence[str]) -> None:
        """Link the traits of these names; all take the values of the first view."""
        self._views, self._names = tuple(views), tuple(names)
        first = self._views[0]
        for name in self._names:
            self._pass_on(first, name, getattr(first, name))
        for view in self._views:
            view.observe(self._changed, names=list(self._names))

    def __repr__(self) -> str:
        return f"<Link of {len(self._views)} views: {', '.join(self._names) or 'nothing any more'}>"

    def unlink(self) -> None:
        """Let each view go its own way, from where it is."""
        for view in self._views:
            view.unobserve(self._changed, names=list(self._names))
        self._names = ()

    def _changed(self, change: Any) -> None:
        self._pass_on(change["owner"], change["name"], change["new"])

    def _pass_on(self, origin: SplatViewer, name: str, value: Any) -> None:
        for view in self._views:
            if view is origin:
                continue
            try:
                if name == "selection" and isinstance(view, Inspector):
                    undoing = isinstance(origin, Inspector) and origin._undoing
                    view._follow(value, undoing=undoing)
                else:
                    setattr(view, name, value)
            except TraitError as error:  # an attribute that only some of the scenes have
                if isinstance(view, Inspector):
                    view.say(f"Not linked: {error}", "warning")


def link(
    *views: SplatViewer, camera: bool = True, selection: bool = True, settings: bool = True
) -> Link:
    """Let inspectors follow each other: what is done in one is done in all.

    At first all take what the first one has. An undo of a selection counts for all; an edit stays
    with its own view, whose selection has no counterpart in the others from then on.

    Args:
        views: two or more inspectors; viewers, too, if only the camera is linked.
        camera: where they look from.
        selection: which Gaussians are selected and picked, by their rows.
        settings: colours, filters, display and what the panel shows.

    Returns:
        The link; its `unlink()` undoes it.

    Raises:
        TypeError: for something else than inspectors.
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

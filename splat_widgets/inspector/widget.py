"""The inspector: a viewer that colours, filters, picks and selects Gaussians by their attributes.

What only changes the picture is a trait, which the page follows by itself. What is selected is kept
by a `Selection`; `PageHandlers` speaks with the pages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from traitlets import TraitError, Unicode, default

from splat_widgets import attributes, regions
from splat_widgets.inspector import keeping, merging
from splat_widgets.inspector.catalogue import items, photos
from splat_widgets.inspector.custom import Formula
from splat_widgets.inspector.editing import Edits
from splat_widgets.inspector.handlers import PageHandlers
from splat_widgets.inspector.messages import Action, ToKernel, ToPage
from splat_widgets.inspector.records import SceneInfo
from splat_widgets.inspector.script import Script, write
from splat_widgets.inspector.selection import Change, Selection
from splat_widgets.inspector.state import SETTINGS, InspectorState
from splat_widgets.inspector.steps import found_floaters
from splat_widgets.page.arguments import with_traits
from splat_widgets.page.messages import Buffer, Handler, TraitsChanged
from splat_widgets.scene.inspection import Inspection
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.viewer import SplatViewer
from splat_widgets.viewer.messages import Length, Ready


class Inspector(Edits, InspectorState, SplatViewer):
    """Shows Gaussians and what is inside them.

    Colour by an attribute, hide ranges, click a Gaussian to see its numbers, select with a brush,
    a lasso, a box or a histogram. `inspector.selection` is a numpy mask and can be assigned;
    everything the panel does can be done, read and observed from Python, and `inspector.script`
    prints it as code.

    Args:
        scene: what `Scene.of` takes, or None for an empty inspector.
        traits: any of the public traits, also those of `SplatViewer`.

    Raises:
        TypeError: if it is not a scene, or for an unknown argument.
        TraitError: for a value that is not allowed, such as an attribute the scene does not have.
    """

    _entry = Unicode("inspector").tag(sync=True)
    _to_kernel = ToKernel

    def __init__(self, scene: SceneLike | None = None, **traits: Any) -> None:
        known = None if scene is None else Scene.of(scene)
        self._path = _path_of(known)
        self._resumed = None if known is None else known.inspection
        self._own_formulas: dict[str, Formula] = {}
        self._selection = Selection(known, 0 if known is None else len(known))
        self._selection.listen(self._on_change)
        actions = {
            "keep": lambda _: self.keep(),
            "delete": lambda _: self.delete(),
            "undo": lambda _: self.undo(),
            "redo": lambda _: self.redo(),
            "floaters": lambda asked: self.select_floaters(asked["threshold"]),
            "crop": self._crop_asked,
            "move": lambda asked: self.move(asked["numbers"]),
            "turn": self._turn_asked,
            "scale": lambda asked: self.scale(asked["numbers"][0], about=asked["numbers"][1:4]),
            "level": self._level_asked,
            "list_scenes": lambda _: self.set_trait("mergeable", merging.names()),
            "merge": lambda asked: self.merge(merging.found(asked["other"])),
        }
        self._page = PageHandlers(self, self._selection, actions)
        traits.setdefault("layout", {"width": "100%"})  # its page has no width of its own
        super().__init__(known, **traits)
        self._selection.forget_history()  # it begins with the selection that was given
        self._resume(known, given=traits)
        self._show_info()

    @property
    def selected(self) -> np.ndarray:
        """(M,) rows of the selected Gaussians, ascending."""
        return np.flatnonzero(self.selection)

    @property
    def script(self) -> Script:
        """Python that repeats what was done here, on this or another scene named `scene`."""
        own = [item["name"] for item in self.catalogue if item["source"] == "user"]
        steps, found = self._selection.now.steps, self._resumed
        before = () if found is None else found.steps
        # The file holds the scene after those edits; the steps begin with the one before them.
        source = None if any(step.is_edit for step in before) else self._path
        return write(steps, self._changed(), source=source, own=own, kept=bool(before))

    def _changed(self) -> dict[str, Any]:
        """Settings and camera that are not as by default."""
        settings = self.changed_settings()
        if "color_by" in settings:  # else `inspect` lets the plots follow it
            settings["histogram_attribute"] = self.histogram_attribute
            settings["map_attribute"] = self.map_attribute
        if self.camera != self._home():
            settings["camera"] = dict(self.camera)
        if self.saved_cameras:
            settings["saved_cameras"] = [dict(one) for one in self.saved_cameras]
        return settings

    def __inspection__(self) -> Inspection:
        """What a scene file keeps of this inspector."""
        return keeping.inspection(self._selection, self._changed())

    def extract(self) -> Scene:
        """The selected Gaussians as a scene of their own.

        Raises:
            ValueError: if nothing is selected.
        """
        now = self._some_selection()
        return now.scene.select(now.mask)

    def select_floaters(self, threshold: float | None = None) -> np.ndarray:
        """Select floaters, to look at them before `delete`; see `regions.floaters`.

        Args:
            threshold: distance from its neighbours over the usual one, a factor above 1; None:
                `regions.FLOATER_THRESHOLD`.

        Returns:
            The new selection.

        Raises:
            ValueError: for a threshold that is not finite.
        """
        least = regions.FLOATER_THRESHOLD if threshold is None else float(threshold)
        if not np.isfinite(least):
            raise ValueError(f"expected a finite threshold, got {threshold}")
        found = regions.floaters(self._some_scene(), least)
        self._selection.select(found, found_floaters(least))
        return self.selection

    def add_attribute(self, name: str, source: Any, **details: Any) -> None:
        """Add an attribute of your own to this scene, and to the menus.

        Args:
            name: an identifier.
            source: (N,) numbers, or a function of the scene that returns them.
            details: `label`, `unit`, `colormap`, ... as in `attributes.register`.

        Raises:
            ValueError: for a name that is taken or not an identifier, or an array of another shape.
        """
        attributes.register(name, source, scene=self._some_scene(), **details)
        if callable(source):
            self._own_formulas[name] = source
        self.refresh()

    def refresh(self) -> None:
        """Update the menus after `attributes.register`."""
        self.catalogue = items(self._scene)
        own = [item["name"] for item in self.catalogue if item["source"] == "user"]
        if own:  # registered again, they may have other values than the page has
            self.send({"kind": "stale", "names": own})

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to every page that shows the inspector.

        Args:
            content: one of `inspector/messages.py`.
            buffers: bytes that go with it.
        """
        self._post(content, buffers)

    def _on_traits(self, message: TraitsChanged, buffers: list[memoryview]) -> None:
        """Take what the page changed; the page gets refused values back with a message."""
        try:
            super()._on_traits(message, buffers)
        except TraitError as error:
            self.show_message(str(error), "error")
            self.send_state([name for name in message["values"] if name in self.keys])
        else:
            if set(SETTINGS).intersection(message["values"]):
                self.clear_message("error")

    def _on_change(self, change: Change) -> None:
        """Show what changed in the model, and tell observers of the traits."""
        before, now = change.before, change.now
        self.clear_message("error")  # what was refused has been done since, or something else
        is_exchanged = change.cause == "reset" or now.scene is not before.scene
        if is_exchanged:
            # The newest scene, whichever of two threads comes last.
            measured = self.measured
            super()._take(self._selection.now.scene)
            self.fit_to_scene()
            if change.cause != "reset":
                self._follow(before.scene, now.scene, measured)
        is_selected = not np.array_equal(before.mask, now.mask)
        if is_selected:
            self._notify_trait("selection", before.mask, now.mask)
        if before.picked != now.picked:
            self._notify_trait("picked", before.picked, now.picked)
        self._show_info()
        if change.cause == "reset":
            return  # the setter of `scene` sends everything
        if is_exchanged:
            self._send_everywhere()
        elif is_selected:
            others = [view for view in self._views if view != change.view]
            if others:
                self._count_news()
            for view in others:
                self._page.send_selection(view)
        # A new scene came with the pick, if there is one.
        if now.picked < 0 if is_exchanged else before.picked != now.picked and change.view is None:
            self._count_news()
            self._send_picked()

    def _take(self, scene: Scene | None) -> None:
        was_empty = self._scene is None
        self._path = _path_of(scene)
        self._resumed = None if scene is None else scene.inspection
        self._own_formulas = {}
        self._selection.reset(scene, 0 if scene is None else len(scene))
        if was_empty:
            self.fill_plots()
        self._resume(scene)

    def _resume(self, scene: Scene | None, given: Collection[str] = ()) -> None:
        """Go on where the inspector stopped that the scene was saved from."""
        if scene is not None and scene.inspection is not None:
            keeping.resume(self, self._selection, scene.inspection, given)

    def _send_scene(self, view: str, has: str | None = None) -> None:
        super()._send_scene(view, has)
        self._page.send_selection(view)
        if self.picked >= 0 or has is not None:
            self._send_picked(view)
        self._show_info()  # only an encoded scene knows how many Gaussians are hidden

    def _send_picked(self, view: str | None = None) -> None:
        if len(self._views):
            self._page.send_picked(view)

    def _handlers(self) -> dict[str, Handler]:
        return {**super()._handlers(), **self._page.handlers()}

    def _on_ready(self, message: Ready, buffers: list[memoryview]) -> None:
        self.catalogue = items(self._scene)
        super()._on_ready(message, buffers)

    def _on_length(self, message: Length, _buffers: list[memoryview]) -> None:
        self._page.edit("scale", message, lambda: super(Inspector, self)._on_length(message, []))

    def _crop_asked(self, asked: Action) -> None:
        if asked["center"] is not None and asked["half_sizes"] is not None:
            self.crop(asked["center"], asked["half_sizes"])

    def _turn_asked(self, asked: Action) -> None:
        numbers = asked["numbers"]
        self.turn(numbers[:3], numbers[3], about=numbers[4:7])

    def _level_asked(self, asked: Action) -> None:
        numbers = asked["numbers"]
        self.level([numbers[k : k + 3] for k in (0, 3, 6)] if numbers else None)

    def _show_info(self) -> None:
        self.scene_info = self._info()

    @default("scene_info")
    def _info(self) -> SceneInfo:
        scene, encoded = self._scene, self._encoded
        kind = "reconstruction" if scene is not None and scene.has("photos") else "gaussians"
        return {
            "kind": "" if scene is None else kind,
            "count": 0 if scene is None else len(scene),
            "hidden": 0 if encoded is None else encoded.num_dropped,
            "sh_degree": 0 if scene is None else scene.sh_degree,
            "selected": int(np.count_nonzero(self.selection)),
            "undo": self._selection.undo_words,
            "redo": self._selection.redo_words,
            "floaters": "" if scene is None else regions.floater_attribute(scene),
            "photos": photos(scene),
        }


with_traits(Inspector)(Inspector)


@with_traits(Inspector)
def inspect(scene: SceneLike, **traits: Any) -> Inspector:
    """Look inside a scene: the last line of a cell.

    Args:
        scene: what `Scene.of` takes.
        traits: see `Inspector`, for example ``color_by="confidence"``, which the histogram and the
            maps show too, unless they are given an attribute of their own.

    Raises:
        FileNotFoundError: for a path at which there is no file.
        TypeError: if it is not a scene, or for an unknown argument.
        TraitError: for a value that is not allowed.
    """
    if traits.get("color_by") and traits.get("one_attribute", True):
        same = dict.fromkeys(("histogram_attribute", "map_attribute"), traits["color_by"])
        traits = {**same, **traits}
    return Inspector(Scene.of(scene), **traits)


def _path_of(scene: Scene | None) -> str | None:
    return None if scene is None or scene.path is None else str(scene.path)

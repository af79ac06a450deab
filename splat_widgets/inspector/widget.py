"""The inspector: a viewer that colours, filters, picks and selects Gaussians by their attributes.

Everything that only changes what is drawn is a trait, which the page follows by itself; the rest is
said in `dialogue`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from traitlets import Unicode, observe

from splat_widgets import attributes, regions
from splat_widgets.inspector.catalogue import items, photos
from splat_widgets.inspector.dialogue import Dialogue
from splat_widgets.inspector.history import History, Moment
from splat_widgets.inspector.records import SceneInfo
from splat_widgets.inspector.script import (
    Script,
    Step,
    appended,
    assigned,
    cropped,
    found_floaters,
    kept,
    write,
)
from splat_widgets.inspector.state import SETTINGS
from splat_widgets.scene.framing import Vec3
from splat_widgets.scene.scene import Scene, SceneLike


class Inspector(Dialogue):
    """Shows Gaussians and what is inside them.

    Colour by an attribute, hide ranges, click a Gaussian to see its numbers, select with a lasso,
    a box or a histogram. `inspector.selection` is a numpy mask and can be assigned; everything the
    panel does can be done, read and observed from Python, and `inspector.script` prints it as code.

    Args:
        scene: what `Scene.of` takes, or None for an empty inspector.
        traits: any of the public traits, also those of `SplatViewer`.

    Raises:
        TypeError: for something else than a scene, or an unknown argument.
        TraitError: for a value that is not allowed, such as an attribute the scene does not have.
    """

    _entry = Unicode("inspector").tag(sync=True)

    def __init__(self, scene: SceneLike | None = None, **traits: Any) -> None:
        known = None if scene is None else Scene.of(scene)
        self._history = History()
        self._steps: tuple[Step, ...] = ()
        self._path = _path_of(known)
        self._own_formulas: dict[str, Callable[[Any], Any]] = {}
        super().__init__(known, **traits)

    @property
    def selected(self) -> np.ndarray:
        """(M,) rows of the selected Gaussians, ascending."""
        return np.flatnonzero(self.selection)

    @property
    def script(self) -> Script:
        """Python that does again what was done here, on this or another scene named `scene`."""
        own = [item["name"] for item in self.catalogue if item["source"] == "user"]
        return write(self._steps, self._settings(), source=self._path, own=own)

    def extract(self) -> Scene:
        """The selected Gaussians as a scene of their own.

        Raises:
            ValueError: if nothing is selected.
        """
        return self._some_scene().select(self._some_selection())

    def keep(self) -> None:
        """Take everything away that is not selected; `undo` brings it back.

        Raises:
            ValueError: if nothing is selected.
        """
        self._edit(self._some_selection(), kept(True))

    def delete(self) -> None:
        """Take the selected Gaussians away; `undo` brings them back.

        Raises:
            ValueError: if nothing is selected.
        """
        self._edit(~self._some_selection(), kept(False))

    def crop(self, center: Vec3, half_sizes: Vec3) -> None:
        """Keep what lies in a box along the world's axes; `undo` brings the rest back.

        Args:
            center: (3,) in the world.
            half_sizes: (3,) from the centre to the faces, scene units.

        Raises:
            ValueError: if nothing lies in it.
        """
        if not np.isfinite([*center, *half_sizes]).all():
            raise ValueError(f"expected finite numbers, got {center} and {half_sizes}")
        inside = regions.in_box(self._some_scene(), center, half_sizes)
        if not inside.any():
            raise ValueError(f"expected Gaussians in the box around {tuple(center)}, found none")
        self._edit(inside, cropped(center, half_sizes))

    def select_floaters(self, threshold: float | None = None) -> np.ndarray:
        """Select what hangs in the air, to look at it before `delete`; see `regions.floaters`.

        Args:
            threshold: how many times farther from its neighbours than usual.

        Returns:
            The new selection.

        Raises:
            ValueError: for a threshold that is not finite.
        """
        least = regions.FLOATER_THRESHOLD if threshold is None else float(threshold)
        if not np.isfinite(least):
            raise ValueError(f"expected a finite threshold, got {threshold}")
        found = regions.floaters(self._some_scene(), least)
        self._select(found, found_floaters(least))
        return self.selection

    def undo(self) -> bool:
        """Take back the last selection or edit; False if there is none."""
        with self._lock:
            if not len(self._history):
                return False
            moment = self._history.pop()
            if moment.scene is not self._scene:
                self._exchange(moment.scene)
            self._steps = moment.steps
            with self._acting(undoing=True):
                self.selection = moment.selection
            with self._acting():
                self.picked = moment.picked
            self._show_info()
        self._publish()
        self._show_picked()
        return True

    def _follow(self, selection: np.ndarray, *, undoing: bool) -> None:
        """Take the selection of a linked inspector; what is undone there is undone here."""
        if np.array_equal(selection, self.selection):
            return
        latest = self._history.latest
        if (
            undoing
            and latest is not None
            and latest.scene is self._scene
            and np.array_equal(latest.selection, selection)
        ):
            self.undo()
        else:
            self.selection = selection

    def add_attribute(self, name: str, source: Any, **details: Any) -> None:
        """Add an attribute of your own to this scene, and to the menus.

        Args:
            name: an identifier.
            source: (N,) numbers, or a function of the scene that returns them.
            details: `label`, `unit`, `colormap`, ... as in `attributes.register`.

        Raises:
            ValueError: for a name that is taken or no identifier, or an array of another shape.
        """
        attributes.register(name, source, scene=self._some_scene(), **details)
        if callable(source):
            self._own_formulas[name] = source
        self.refresh()

    def refresh(self) -> None:
        """Look again which attributes there are, after `attributes.register`."""
        self.catalogue = items(self._scene)
        own = [item["name"] for item in self.catalogue if item["source"] == "user"]
        if own:  # registered again, they may have other values than those on the page
            self.send({"kind": "stale", "names": own})

    @observe("selection")
    def _on_selection(self, change: Any) -> None:
        if self._is_own_doing():
            return
        step = assigned(change["new"])
        if change["old"] is None:  # an argument of the constructor
            self._steps = appended(self._steps, step)
            self._show_info()
        else:
            self._remember(change["old"], step)
            self._publish()

    @observe("picked")
    def _on_picked(self, _change: object) -> None:
        if not self._is_own_doing():
            self._show_picked()

    def _take(self, scene: Scene | None) -> None:
        was_empty = self._scene is None
        super()._take(scene)
        self._history.clear()
        self._steps = ()
        self._path = _path_of(scene)
        self._own_formulas = {}
        self._fit_traits()
        if was_empty:
            self._fill_plots()
        with self._acting():
            self.selection = None
        self._show_info()

    def _exchange(self, scene: Scene | None) -> None:
        """Show an edited scene from where the view is; history and steps are the caller's."""
        super()._take(scene)
        self._fit_traits()
        with self._acting():
            self.selection = None
        self._send_everywhere()

    def _fit_traits(self) -> None:
        """After a change of scene: what named attributes that are gone falls back."""
        self.catalogue = items(self._scene)
        known = {item["name"] for item in self.catalogue}
        with self._acting():
            self.picked = -1
        self.isolate = False  # nothing is selected: the picture would be empty
        filters = cast("dict[str, Any]", self.filters)
        lost = set(filters) - known
        if lost:
            self.filters = {name: pair for name, pair in filters.items() if name in known}
        for name in ("color_by", "histogram_attribute", "map_attribute"):
            if getattr(self, name) not in known and getattr(self, name):
                lost.add(getattr(self, name))
                setattr(self, name, self.trait_defaults(name))
        gone = set(cast("list[str]", self.scatter_attributes)) - known
        if gone:
            lost |= gone
            self.scatter_attributes = self.trait_defaults("scatter_attributes")
        if lost and known:
            self.say(f"This scene has no {', '.join(sorted(lost))}.", "warning")

    def _fill_plots(self) -> None:
        """After the first scene of an empty inspector: what plots show by default."""
        for name in ("histogram_attribute", "scatter_attributes", "map_attribute"):
            if not getattr(self, name):
                setattr(self, name, self.trait_defaults(name))
        self.histogram_log = self.histogram_log or self.trait_defaults("histogram_log")

    def _edit(self, which: np.ndarray, step: Step) -> None:
        """Replace the scene by a part of it."""
        with self._lock:
            scene, picked = self._some_scene(), self.picked
            part = scene.select(which)
            self._hand_on(scene, part, which)
            self._remember(self.selection, step)
            self._exchange(part)
            if picked >= 0 and which[picked]:
                with self._acting():
                    self.picked = int(np.count_nonzero(which[:picked]))
            self._show_info()
        self._show_picked()

    def _hand_on(self, scene: Scene, part: Scene, which: np.ndarray) -> None:
        """Give a part of some Gaussians the user's attributes of the whole."""
        known = {attribute.name for attribute in attributes.available(part)}
        for attribute in attributes.available(scene):
            name = attribute.name
            if attribute.source != "user" or name in known:
                continue  # of every scene; what is registered of photos' pixels stays with them
            attributes.register(
                name,
                self._own_formulas.get(name) or attributes.values(scene, name)[which],
                scene=part,
                label=attribute.label,
                unit=attribute.unit,
                formula=attribute.formula,
                description=attribute.description,
                colormap=attribute.colormap,
                range=attribute.range,
                log=attribute.log,
                needs=attribute.needs,
            )

    def _select(self, mask: np.ndarray, step: Step, view: str | None = None) -> None:
        """Select by something else than an assignment; the view it came from knows already."""
        if np.array_equal(mask, self.selection):
            return
        # First of all: an observer may select something else in turn.
        self._remember(self.selection, step)
        with self._acting():
            self.selection = mask
        self._show_info()
        self._publish(besides=view)

    def _remember(self, selection: np.ndarray, step: Step) -> None:
        with self._lock:
            self._history.push(
                Moment(
                    scene=self._scene,
                    packed=np.packbits(selection),
                    count=len(selection),
                    picked=self.picked,
                    steps=self._steps,
                )
            )
            self._steps = appended(self._steps, step)
        self._show_info()

    def _actions(self, content: dict[str, Any]) -> dict[str, Callable[[], object]]:
        """What a page may ask for, by name."""
        return {
            "keep": self.keep,
            "delete": self.delete,
            "undo": self.undo,
            "floaters": lambda: self.select_floaters(content.get("threshold")),
            "crop": lambda: self.crop(content["center"], content["half_sizes"]),
        }

    def _settings(self) -> dict[str, Any]:
        """View settings that are not as by default, for the script."""
        found = {
            name: getattr(self, name)
            for name in SETTINGS
            if getattr(self, name) != self.trait_defaults(name)
        }
        if self.camera != self._home():
            found["camera"] = dict(self.camera)
        return found

    def _some_scene(self) -> Scene:
        scene = self._scene
        if scene is None:
            raise ValueError("expected a scene, and the inspector is empty; assign `scene` first")
        return scene

    def _some_selection(self) -> np.ndarray:
        self._some_scene()
        if not self.selection.any():
            raise ValueError("expected a selection, and nothing is selected")
        return self.selection

    def _info(self) -> SceneInfo:
        scene, encoded = self._scene, self._encoded
        kind = "reconstruction" if scene is not None and scene.has("photos") else "gaussians"
        return {
            "kind": "" if scene is None else kind,
            "count": self._count(),
            "hidden": 0 if encoded is None else encoded.num_dropped,
            "sh_degree": 0 if scene is None else scene.sh_degree,
            "selected": int(np.count_nonzero(self.selection)),
            "can_undo": len(self._history) > 0,
            "floaters": "" if scene is None else regions.floater_attribute(scene),
            "views": photos(scene),
        }


def inspect(scene: SceneLike, **traits: Any) -> Inspector:
    """Look inside a scene: the last line of a cell.

    Args:
        scene: what `Scene.of` takes.
        traits: see `Inspector`, for example ``color_by="confidence"``.

    Raises:
        FileNotFoundError: for a path at which there is no file.
        TypeError: for something else than a scene, or an unknown argument.
        TraitError: for a value that is not allowed.
    """
    return Inspector(Scene.of(scene), **traits)


def _path_of(scene: Scene | None) -> str | None:
    return None if scene is None or scene.path is None else str(scene.path)

"""The inspector: a viewer that colours, filters, picks and selects Gaussians by their attributes.

Everything that only changes what is drawn is a trait, which the page follows by itself. Attributes
travel once each, when the page asks for them. A selection is a mask here and packed bits on the
way; `records` says what the messages hold.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any, cast

import numpy as np
from traitlets import TraitError, Unicode, observe

from splat_widgets import attributes
from splat_widgets.attributes.records import Scene
from splat_widgets.inspector import channels, picking, regions
from splat_widgets.inspector.catalogue import items, photos
from splat_widgets.inspector.history import History, Moment
from splat_widgets.inspector.recipe import (
    Recipe,
    Step,
    appended,
    assigned,
    cropped,
    found_floaters,
    kept,
    selected_by,
    write,
)
from splat_widgets.inspector.records import SceneInfo
from splat_widgets.inspector.state import SETTINGS, InspectorState
from splat_widgets.reconstruct import Reconstruction
from splat_widgets.viewer import SplatViewer
from splat_widgets.viewer.records import Vec3
from splat_widgets.viewer.source import Displayable
from splat_widgets.viewer.wire import EncodedScene
from splat_widgets.worker import Worker

logger = logging.getLogger(__name__)

# Apart, so that a click is answered while half a million values are on their way.
_channels = Worker("splat-attributes")
_slow_channels = Worker("splat-slow-attributes")
_answers = Worker("splat-picks")
_actions = Worker("splat-edits")


class Inspector(InspectorState, SplatViewer):
    """Shows Gaussians and what is inside them.

    Colour by an attribute, hide ranges, click a Gaussian to see its numbers, select with a lasso,
    a box or a histogram. `inspector.selection` is a numpy mask and can be assigned; everything the
    panel does can be done, read and observed from Python, and `inspector.recipe` prints it as code.

    Args:
        scene: `Gaussians`, a `Reconstruction`, a path to a `.ply`, or None for an empty inspector.
        traits: any of the public traits, also those of `SplatViewer`.

    Raises:
        TypeError: for a scene that cannot be shown or an unknown argument.
        TraitError: for a value that is not allowed, such as an attribute the scene does not have.
    """

    _entry = Unicode("inspector").tag(sync=True)

    def __init__(self, scene: Any = None, **traits: Any) -> None:
        self._history = History()
        self._steps: tuple[Step, ...] = ()
        self._path = _path_of(scene)
        # Attributes of the user's own: the function, or None for an array, and how it was added.
        self._own: dict[str, tuple[Callable[[Any], Any] | None, dict[str, Any]]] = {}
        # What this thread is doing: a trait that it sets then is no wish of the user.
        self._doing = threading.local()
        super().__init__(scene, **traits)

    @property
    def record(self) -> Scene | None:
        """The `Gaussians` or `Reconstruction` that is looked at, for a path what was read."""
        if isinstance(self._scene, Reconstruction):
            return self._scene
        return None if self._shown is None else self._shown.gaussians

    @property
    def selected(self) -> np.ndarray:
        """(M,) rows of the selected Gaussians, ascending."""
        return np.flatnonzero(self.selection)

    @property
    def recipe(self) -> Recipe:
        """Python that does again what was done here, on this or another scene named `scene`."""
        return write(self._steps, self._settings(), source=self._path, own=self._own)

    def extract(self) -> Scene:
        """The selected Gaussians as a record of their own, of the scene's kind.

        Raises:
            ValueError: if nothing is selected.
        """
        return self._some_record().select(self._some_selection())

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
        inside = regions.in_box(self._some_record(), center, half_sizes)
        if not inside.any():
            raise ValueError(f"expected Gaussians in the box around {tuple(center)}, found none")
        self._edit(inside, cropped(center, half_sizes))

    def select_floaters(self, threshold: float | None = None) -> np.ndarray:
        """Select what hangs in the air, to look at it before `delete`; see `regions.floaters`.

        Args:
            threshold: how many times farther from its neighbours than usual.

        Returns:
            The new selection.
        """
        least = regions.FLOATER_THRESHOLD if threshold is None else float(threshold)
        found = regions.floaters(self._some_record(), least)
        self._select(found, found_floaters(least))
        return self.selection

    def undo(self) -> bool:
        """Take back the last selection or edit; False if there is none."""
        with self._lock:
            if not len(self._history):
                return False
            moment = self._history.pop()
            if moment.scene is not self._scene:
                self._exchange(moment.scene, moment.shown)
            self._steps = moment.steps
            with self._acting():
                self.selection = moment.selection
                self.picked = moment.picked
            self._show_info()
        self._publish()
        self._show_picked()
        return True

    def add_attribute(self, name: str, source: Any, **details: Any) -> None:
        """Add an attribute of your own to this scene, and to the menus.

        Args:
            name: an identifier.
            source: (N,) numbers, or a function of the scene that returns them.
            details: `label`, `unit`, `colormap`, ... as in `attributes.register`.

        Raises:
            ValueError: for a name that is taken or no identifier, or an array of another shape.
        """
        record = self._some_record()
        attributes.register(name, source, scene=record, **details)
        self._own[name] = (source if callable(source) else None, details)
        self.refresh()

    def refresh(self) -> None:
        """Look again which attributes there are, after `attributes.register`."""
        self.catalogue = items(self.record)
        own = [item["name"] for item in self.catalogue if item["source"] == "user"]
        if own:  # registered again, they may have other values than those on the page
            self.send({"kind": "stale", "names": own})

    def say(self, text: str, level: str = "info") -> None:
        """Show a line on the panel."""
        self.message = {"level": level, "text": text}

    @observe("selection")
    def _on_selection(self, change: Any) -> None:
        if getattr(self._doing, "acting", False):
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
        if not getattr(self._doing, "acting", False):
            self._show_picked()

    def _show_picked(self) -> None:
        """Tell every view which Gaussian is looked at."""
        if self._transfers:
            _answers.submit(lambda: self._guarded("look at a Gaussian", self._answer_pick))

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page changed; what is not allowed is put back there and said."""
        try:
            super().set_state(sync_data)
        except TraitError as error:
            self.say(str(error), "error")
            self.send_state(list(sync_data))

    def _take(self, scene: Any, shown: Displayable | None = None) -> None:
        super()._take(scene, shown)
        self._history.clear()
        self._steps = ()
        self._path = _path_of(scene)
        self._own = {}
        self._fit_traits()
        with self._acting():
            self.selection = None
        self._show_info()

    def _exchange(self, scene: Any, shown: Displayable | None) -> None:
        """Show an edited scene from where the view is; history and steps are the caller's."""
        super()._take(scene, shown)
        self._fit_traits()
        with self._acting():
            self.selection = None
        self._send_everywhere()

    def _fit_traits(self) -> None:
        """After a change of scene: what named attributes that are gone falls back."""
        self.catalogue = items(self.record)
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

    def _edit(self, which: np.ndarray, step: Step) -> None:
        """Replace the scene by a part of it."""
        with self._lock:
            record, shown = self._some_record(), self._shown
            picked = self.picked
            known = {attribute.name for attribute in attributes.available(record)}
            part: Any = record.select(which)
            for name, (function, details) in self._own.items():
                if isinstance(part, Reconstruction):
                    break  # what is registered of its pixels stays with them
                if name not in known:  # added to a scene that was undone since
                    continue
                source = function or attributes.values(record, name)[which]
                attributes.register(name, source, scene=part, **details)
            if shown is not None and shown.cameras and not isinstance(part, Reconstruction):
                part = Displayable(part, shown.cameras)
            self._remember(self.selection, step)
            self._exchange(part, None)
            if picked >= 0 and which[picked]:
                with self._acting():
                    self.picked = int(np.count_nonzero(which[:picked]))
            self._show_info()
        self._show_picked()

    def _select(self, mask: np.ndarray, step: Step, view: str | None = None) -> None:
        """Select by something else than an assignment; the view it came from knows already."""
        old = self.selection
        with self._acting():
            self.selection = mask
        if self.selection is old:
            return
        self._remember(old, step)
        self._publish(besides=view)

    def _remember(self, selection: np.ndarray, step: Step) -> None:
        with self._lock:
            self._history.push(
                Moment(
                    scene=self._scene,
                    shown=self._shown,
                    packed=np.packbits(selection),
                    count=len(selection),
                    picked=self.picked,
                    steps=self._steps,
                )
            )
            self._steps = appended(self._steps, step)
        self._show_info()

    def _publish(self, besides: str | None = None) -> None:
        """Tell the views what is selected."""
        for view in list(self._transfers):
            if view != besides:
                self._send_selection(view)

    def _send_scene(self, view: str) -> None:
        super()._send_scene(view)
        self._send_selection(view)

    def _send_selection(self, view: str) -> None:
        encoded, mask = self.encoded, self.selection
        if encoded is None or len(mask) != len(encoded.order) + encoded.num_dropped:
            return  # another thread has just replaced the scene, and sends it
        content = {
            "kind": "selection",
            "view": view,
            "scene": encoded.header["scene"],
            "count": int(np.count_nonzero(mask)),
            "total": len(encoded.order),
        }
        self.send(content, buffers=[channels.pack(mask, encoded.order)])

    def _on_message(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        kind = content.get("kind")
        if kind == "ready":
            self.catalogue = items(self.record)
        handlers = {
            "attribute": self._on_attribute,
            "photos": self._on_photos,
            "select": self._on_select,
            "pick": self._on_pick,
            "action": self._on_action,
            "recipe": self._on_recipe,
        }
        handler = handlers.get(str(kind))
        if handler is None:
            super()._on_message(content, buffers)
            self._show_info()  # how many are left out is known once the scene has been encoded
        else:
            self._guarded(str(kind), lambda: handler(content, buffers))

    def _on_attribute(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        name = str(content.get("name"))
        slow = any(item["name"] == name and item["slow"] for item in self.catalogue)
        worker = _slow_channels if slow else _channels
        worker.submit(lambda: self._guarded(name, lambda: self._send_attribute(name, content)))

    def _send_attribute(self, name: str, asked: dict[str, Any]) -> None:
        about = {key: asked.get(key) for key in ("request", "view")}
        record, encoded = self.record, self.encoded
        if record is None or encoded is None:
            messages = iter([channels.attribute_problem(name, "there is no scene")])
        else:
            about["scene"] = encoded.header["scene"]
            messages = channels.attribute_messages(record, name, encoded.order)
        try:
            for content, data in messages:
                self.send({**content, **about}, buffers=data)
        except Exception as error:  # a formula of the user's own may raise anything
            logger.warning("the attribute %r could not be computed", name, exc_info=error)
            content, data = channels.attribute_problem(name, str(error) or type(error).__name__)
            self.send({**content, **about}, buffers=data)

    def _on_photos(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        _channels.submit(lambda: self._guarded("photos", lambda: self._send_photos(content)))

    def _send_photos(self, asked: dict[str, Any]) -> None:
        record = self.record
        known = record.views if isinstance(record, Reconstruction) else ()
        self.send(
            {
                "kind": "photos",
                "view": asked.get("view"),
                "request": asked.get("request"),
                "photos": photos(record),
                "problem": "" if known else "Gaussians alone have no photos",
            },
            buffers=[channels.png(view.pixels) for view in known],
        )

    def _on_select(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        encoded = self._of_present_scene(content)
        if encoded is None:
            return
        view = str(content.get("view", ""))
        try:
            mask = channels.unpack(buffers[0] if buffers else b"", encoded.order, self._count())
        except ValueError:
            self._send_selection(view)  # what the page shows is what counts here
            raise
        try:
            step = selected_by(content["how"], encoded.order, dropped=encoded.num_dropped > 0)
        except (KeyError, TypeError, ValueError, IndexError):
            logger.warning("the recipe holds the result of a selection, not its way")
            step = assigned(mask)
        self._select(mask, step, view=view)

    def _on_pick(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        encoded = self._of_present_scene(content)
        if encoded is None:
            return
        wire = int(content.get("wire", -1))
        with self._acting():
            self.picked = int(encoded.order[wire]) if 0 <= wire < len(encoded.order) else -1
        stack = [(int(place), float(weight)) for place, weight in content.get("stack") or ()]
        _answers.submit(lambda: self._guarded("pick", lambda: self._answer_pick(stack, content)))

    def _answer_pick(
        self, stack: Sequence[tuple[int, float]] = (), asked: dict[str, Any] | None = None
    ) -> None:
        about = {"kind": "picked", "number": None}
        if asked is not None:
            about = {"kind": "picked", "number": asked.get("number"), "view": asked.get("view")}
        record, encoded, index = self.record, self.encoded, self.picked
        if record is None or encoded is None or not 0 <= index < len(record):
            self.send({**about, **picking.nothing()}, buffers=[])
            return
        try:
            found, data = picking.answer(record, index, encoded.order, stack)
        except Exception as error:  # a formula of the user's own may raise anything
            logger.warning("a Gaussian could not be looked at", exc_info=error)
            found, data = picking.nothing(str(error) or type(error).__name__), []
        self.send({**about, **found}, buffers=data)

    def _on_recipe(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.send({"kind": "recipe", "view": content.get("view"), "text": str(self.recipe)})

    def _on_action(self, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if self._of_present_scene(content) is None:
            return
        name = content.get("name")
        jobs: dict[str, Callable[[], object]] = {
            "keep": self.keep,
            "delete": self.delete,
            "undo": self.undo,
            "floaters": lambda: self.select_floaters(content.get("threshold")),
            "crop": lambda: self.crop(content["center"], content["half_sizes"]),
        }
        job = jobs.get(str(name))
        if job is None:
            logger.debug("an unknown action: %r", name)
            return
        _actions.submit(lambda: self._guarded(str(name), job))

    def _of_present_scene(self, content: dict[str, Any]) -> EncodedScene | None:
        """The scene on the page; None if a message speaks of an earlier one."""
        encoded = self.encoded
        asked = content.get("scene")
        if encoded is None or (asked is not None and asked != encoded.header["scene"]):
            return None
        return encoded

    def _guarded(self, what: str, job: Callable[[], object]) -> None:
        """Do something for the page, and say there what goes wrong."""
        try:
            job()
        except Exception as error:
            logger.warning("%s: %s", what, error, exc_info=error)
            self.say(_sentence(error), "error")

    @contextmanager
    def _acting(self) -> Iterator[None]:
        before = getattr(self._doing, "acting", False)
        self._doing.acting = True
        try:
            yield
        finally:
            self._doing.acting = before

    def _settings(self) -> dict[str, Any]:
        """View settings that are not as by default, for the recipe."""
        found = {
            name: getattr(self, name)
            for name in SETTINGS
            if getattr(self, name) != self.trait_defaults(name)
        }
        if self.camera != self._home():
            found["camera"] = dict(self.camera)
        return found

    def _some_record(self) -> Scene:
        record = self.record
        if record is None:
            raise ValueError("expected a scene, and the inspector is empty; assign `scene` first")
        return record

    def _some_selection(self) -> np.ndarray:
        self._some_record()
        if not self.selection.any():
            raise ValueError("expected a selection, and nothing is selected")
        return self.selection

    def _show_info(self) -> None:
        self.scene_info = self._info()

    def _info(self) -> SceneInfo:
        record, encoded = self.record, self._encoded
        kind = "reconstruction" if isinstance(record, Reconstruction) else "gaussians"
        return {
            "kind": "" if record is None else kind,
            "count": self._count(),
            "hidden": 0 if encoded is None else encoded.num_dropped,
            "sh_degree": 0 if self._shown is None else self._shown.gaussians.sh_degree,
            "selected": int(np.count_nonzero(self.selection)),
            "can_undo": len(self._history) > 0,
            "floaters": "" if record is None else regions.floater_attribute(record),
            "views": photos(record),
        }


def inspect(scene: Any, **traits: Any) -> Inspector:
    """Look inside a scene: the last line of a cell.

    Args:
        scene: `Gaussians`, a `Reconstruction`, or a path to a `.ply`.
        traits: see `Inspector`, for example ``color_by="confidence"``.

    Raises:
        FileNotFoundError: for a path at which there is no file.
        TypeError: for a scene that cannot be shown or an unknown argument.
        TraitError: for a value that is not allowed.
    """
    if scene is None:
        raise TypeError("expected Gaussians, a Reconstruction or a path to a .ply, got None")
    return Inspector(scene, **traits)


def _path_of(scene: Any) -> str | None:
    return str(scene) if isinstance(scene, str | PathLike) else None


def _sentence(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[:1].upper() + text[1:]

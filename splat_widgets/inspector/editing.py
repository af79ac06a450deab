"""What an inspector does to its scene: keep, delete, crop, move, turn, scale, level, merge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from splat_widgets import regions
from splat_widgets.geometry import similarity
from splat_widgets.inspector import edits, merging
from splat_widgets.inspector.custom import Formula, hand_on
from splat_widgets.inspector.selection import Selection, State
from splat_widgets.inspector.steps import Step
from splat_widgets.scene.editing import UP, Point
from splat_widgets.scene.framing import Vec3
from splat_widgets.scene.scene import Scene, SceneLike


class Edits:
    """Edits of an inspector's scene, each with a line in its script; `undo` takes them back.

    A mixin; the class owns a `Selection` as `_selection`.
    """

    _selection: Selection
    _own_formulas: dict[str, Formula]
    camera: Any
    show_message: Callable[..., None]

    def keep(self) -> None:
        """Make the selection the whole scene; `undo` brings the rest back.

        Raises:
            ValueError: if nothing is selected.
        """
        now = self._some_selection()
        self._cut(now.scene, now.mask, edits.kept(True))

    def delete(self) -> None:
        """Remove the selected Gaussians; `undo` brings them back.

        Raises:
            ValueError: if nothing is selected.
        """
        now = self._some_selection()
        self._cut(now.scene, ~now.mask, edits.kept(False))

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
        scene = self._some_scene()
        inside = regions.in_box(scene, center, half_sizes)
        if not inside.any():
            raise ValueError(f"expected Gaussians in the box around {tuple(center)}, found none")
        self._cut(scene, inside, edits.cropped(center, half_sizes))

    def move(self, offset: Point) -> None:
        """Add numbers to all places; see `Scene.moved`.

        Args:
            offset: (3,) x right, y down, z forward, in scene units.
        """
        scene = self._some_scene().moved(offset)
        self._put(scene, edits.placed("moved", offset, words="move the scene"))

    def turn(self, axis: Point, angle_deg: float, *, about: Point = (0.0, 0.0, 0.0)) -> None:
        """Turn the scene as a right-handed screw along an axis does; see `Scene.turned`.

        Args:
            axis: (3,) of any length above 0.
            angle_deg: how far.
            about: (3,) a point on the axis, in scene units.
        """
        scene = self._some_scene().turned(axis, angle_deg, about=about)
        words = f"turn the scene by {angle_deg:g}°"
        self._put(scene, edits.placed("turned", axis, angle_deg, about=about, words=words))

    def scale(self, factor: float, *, about: Point = (0.0, 0.0, 0.0)) -> None:
        """Multiply all lengths; see `Scene.scaled`.

        Args:
            factor: a factor above 0.
            about: (3,) the point that stays where it is, in scene units.
        """
        scene = self._some_scene().scaled(factor, about=about)
        words = f"scale the scene by {factor:.4g}"
        self._put(scene, edits.placed("scaled", factor, about=about, words=words))

    def scale_to(self, first: Point, second: Point, metres: float) -> None:
        """Make the scene's unit metres, after a length was measured outside.

        Args:
            first: (3,) a point of the scene, in scene units; it stays where it is.
            second: (3,) another one.
            metres: how far they are apart in the world, above 0 m.
        """
        scene = self._some_scene().scaled_to(first, second, metres)
        words = f"scale to {metres:.4g} m"
        self._put(scene, edits.placed("scaled_to", first, second, metres, words=words))

    def level(self, floor: Any = None) -> None:
        """Turn the scene so that up is up; see `Scene.levelled`.

        Args:
            floor: (3, 3) points on a floor, in scene units; None: gravity as far as the cameras
                tell.
        """
        scene = self._some_scene().levelled(floor)
        given = () if floor is None else (similarity.points("on the floor", floor),)
        self._put(scene, edits.placed("levelled", *given, words="level the scene"))
        self._stand_up()

    def merge(self, other: SceneLike, T: Any = None, *, pairs: Any = None) -> None:
        """Add another scene in this one's frame; see `Scene.merged`.

        Args:
            other: what `Scene.of` takes.
            T: (4, 4) similarity from the other's frame to this one's; None: as the cameras of both
                say, where these are the same or of one photo.
            pairs: instead, at least three points (K, 3) here and the same in the other scene.
        """
        before, known = self._some_scene(), Scene.of(other)
        if pairs is not None:
            scene = before.merged(known, T, pairs=pairs)
            T = similarity.from_pairs(*pairs)
        else:
            found, told = merging.way(before, known) if T is None else (T, "")
            scene = before.merged(known, found)
            T = similarity.checked(found)
            if told:
                self.show_message(f"Merged. {told}")
        path = None if known.path is None else str(known.path)
        step = edits.merged(T.detach().cpu(), path, merging.name_of(known))
        self._selection.exchange(scene, np.zeros(len(scene), bool), step)

    def undo(self) -> bool:
        """Take back the latest selection or edit; False if there is none."""
        return self._selection.undo()

    def redo(self) -> bool:
        """Repeat what `undo` took back last; False if there is nothing."""
        return self._selection.redo()

    def _cut(self, scene: Scene, which: np.ndarray, step: Step) -> None:
        """Replace the scene by a part of it."""
        part = scene.select(which)
        hand_on(scene, part, which, self._own_formulas)
        self._selection.edit(part, which, step)

    def _put(self, scene: Scene, step: Step) -> None:
        """Replace the scene by the same one elsewhere."""
        now = self._selection.now
        hand_on(now.scene, scene, np.ones(len(scene), bool), self._own_formulas)
        self._selection.exchange(scene, now.mask, step)

    def _stand_up(self) -> None:
        """Turn the view upright, unless it looks straight up or down."""
        state = self.camera
        ahead = np.subtract(state["target"], state["position"])
        if np.linalg.norm(np.cross(ahead, UP)) > 0.1 * np.linalg.norm(ahead):
            self.camera = {**state, "up": UP}

    def _some_scene(self) -> Scene:
        scene = self._selection.now.scene
        if scene is None:
            raise ValueError("expected a scene, and the inspector is empty; assign `scene` first")
        return scene

    def _some_selection(self) -> State:
        self._some_scene()
        now = self._selection.now
        if not now.mask.any():
            raise ValueError("expected a selection, and nothing is selected")
        return now

"""The last scenes of a session: which one is shown, where they are saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from splat_widgets.io import SCENE_SUFFIX
from splat_widgets.jobs.run_metrics import RunMetrics
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.studio.files import scene_names, write_new

KEPT = 5  # scenes; one of the released model's holds a few hundred MB


@dataclass(frozen=True)
class Result:
    """A scene of the list."""

    id: int  # counts from 1
    title: str  # plain text
    scene: Scene = field(repr=False)
    name: str = ""  # of its file, saved or downloaded
    stem: str = "scene"  # what such names begin with
    metrics: RunMetrics | None = None  # of the run that made it
    saved: Path | None = None  # where it was last saved, or opened from
    kept: Path | None = None  # the file that holds all of it
    edited: bool = False  # whether it was made from another one in the viewer

    def __scene__(self) -> Scene:
        return self.scene

    @property
    def seconds(self) -> float | None:
        """What it took to make."""
        return None if self.metrics is None else self.metrics.seconds

    def holds(self, scene: Scene) -> bool:
        """Whether this is the scene."""
        return scene.record is self.scene.record


class ResultList:
    """The last scenes, newest first, and which one is shown. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where scenes are saved."""
        self.folder = folder
        self._lock = threading.RLock()
        self._results: tuple[Result, ...] = ()
        self._next = 1
        self.shown: int | None = None

    def __iter__(self) -> Iterator[Result]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def add(self, scene: Scene, title: str, **known: Any) -> Result:
        """Put a scene first in the list and show it; drop the oldest beyond `KEPT`."""
        with self._lock:
            saved = known.get("saved")
            stem = known.get("stem", Result.stem)
            name = self._free_name(stem) if saved is None else saved.name
            result = Result(self._next, title, scene, name, **known)
            self._next += 1
            self._results = (result, *self._results)[:KEPT]
            self.shown = result.id
            return result

    def show_edited(self, scene: Scene) -> bool:
        """Show a scene that was made from the shown one.

        A scene of the list is shown as it is. A new one joins the list; it replaces an earlier
        edit that was not saved.

        Returns:
            Whether anything has changed.
        """
        with self._lock:
            origin = next((one for one in self._results if one.id == self.shown), None)
            if origin is None or origin.holds(scene):
                return False
            known = next((one for one in self._results if one.holds(scene)), None)
            if known is not None:
                self.shown = known.id
            elif origin.edited and origin.saved is None:
                self._results = tuple(
                    replace(one, scene=scene) if one is origin else one for one in self._results
                )
            else:
                title = origin.title if origin.edited else f"{origin.title} (edited)"
                self.add(scene, title, stem=origin.stem, edited=True)
            return True

    def get(self, result_id: object) -> Result:
        """A result of the list.

        Raises:
            ValueError: if it is not in the list, or not any more.
        """
        for result in self._results:
            if result.id == result_id:
                return result
        there = ", ".join(str(result.id) for result in self._results) or "none"
        raise ValueError(f"there is no scene {result_id!r} in the list; there are: {there}")

    def forget(self, result_id: object) -> bool:
        """Remove a scene from the list; returns whether it was shown."""
        with self._lock:
            forgotten = self.get(result_id)
            self._results = tuple(one for one in self._results if one.id != forgotten.id)
            was_shown = self.shown == forgotten.id
            if was_shown:
                self.shown = None
            return was_shown

    def save(self, result_id: object) -> Path:
        """Write a scene to a new file of the folder, and remember where.

        Returns:
            The file's path; the earlier one's if the scene is in the folder already.
        """
        result = self.get(result_id)
        if result.saved is not None and _lies_in(result.saved, self.folder):
            return result.saved
        path = write_new(result.scene, self.folder, name=result.name, stem=result.stem)
        with self._lock:
            self._results = tuple(
                replace(one, saved=path, name=path.name) if one.id == result.id else one
                for one in self._results
            )
        return path

    def keep(self, result_id: object, scene: SceneLike) -> Path:
        """Write all of a scene to a new `.splatscene` of the folder, and remember where.

        Args:
            result_id: of the scene.
            scene: the scene, or the inspector that shows it, whose state is kept too.
        """
        stem = self.get(result_id).stem
        path = write_new(scene, self.folder, stem=stem, suffix=SCENE_SUFFIX)
        with self._lock:
            self._results = tuple(
                replace(one, kept=path) if one.id == result_id else one for one in self._results
            )
        return path

    def _free_name(self, stem: str) -> str:
        promised = {one.name for one in self._results}
        free = (name for name in scene_names(stem) if not (self.folder / name).exists())
        return next(name for name in free if name not in promised)


def _lies_in(path: Path, folder: Path) -> bool:
    return path.is_file() and path.resolve().parent == folder.resolve()

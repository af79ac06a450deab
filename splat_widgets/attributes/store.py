"""What is kept per record: computed values and attributes that belong to one scene.

Records are frozen but not all hashable by value, so they are told apart by identity. What is kept
is freed with the record.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import numpy as np

from splat_widgets.attributes.records import Attribute
from splat_widgets.scene.scene import Scene, SceneLike


@dataclass(eq=False)
class Kept:
    """Everything kept of one record."""

    values: dict[Hashable, tuple[object, Any]] = field(default_factory=dict)  # key: (maker, value)
    attributes: dict[str, Attribute] = field(default_factory=dict)  # registered for this scene

    def get(self, key: Hashable, maker: object, make: Callable[[], Any]) -> Any:
        """The value that an equal `maker` gave for a key, made now if there is none.

        Two threads may both make it: that costs time once and blocks nobody.
        """
        found = self.values.get(key)
        if found is None or found[0] != maker:
            found = (maker, make())
            self.values[key] = found
        return found[1]


_records: dict[int, tuple[weakref.ref[object], Kept]] = {}
_lock = RLock()  # a record may be collected, and call back, while the lock is held


def kept(record: object) -> Kept:
    """What is kept of a record, by identity; empty at first."""
    key = id(record)
    with _lock:
        found = _records.get(key)
        if found is not None and found[0]() is record:
            return found[1]
        entry = Kept()
        _records[key] = (weakref.ref(record, lambda ref: _drop(key, ref)), entry)
        return entry


def home(scene: Scene) -> object:
    """The record that holds what belongs to the whole scene: the first photo's maps, if any.

    The maps stay the same object under `select`, so every selection finds what is known of the
    pixels.
    """
    return scene.maps[0] if scene.has("maps") else scene.record


def forget(scene: SceneLike) -> None:
    """Free the values computed for a scene; they are computed again when asked for.

    Args:
        scene: what `Scene.of` takes.
    """
    known = Scene.of(scene)
    kept(known.record).values.clear()
    kept(home(known)).values.clear()


def read_only(array: np.ndarray) -> np.ndarray:
    """A view that cannot be written through: what is kept must stay what was computed."""
    view = array.view()
    view.setflags(write=False)
    return view


def _drop(key: int, ref: weakref.ref[object]) -> None:
    if _lock is None or _records is None:  # the interpreter is ending, and has cleared this module
        return
    with _lock:
        found = _records.get(key)
        if found is not None and found[0] is ref:  # the id may belong to a new record by now
            del _records[key]

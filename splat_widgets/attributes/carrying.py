"""Numbers of one's own go along when their scene is moved or merged."""

from __future__ import annotations

import numpy as np

from splat_widgets import notices
from splat_widgets.attributes.registry import available, register
from splat_widgets.attributes.store import home, kept
from splat_widgets.attributes.table import given_values
from splat_widgets.scene.scene import Scene


def carry(scene: Scene, changed: Scene) -> None:
    """Give what was registered for a scene to one of the same Gaussians, in the same order."""
    kept(home(changed)).attributes.update(kept(home(scene)).attributes)


def join(first: Scene, second: Scene, both: Scene) -> None:
    """Give what was registered for either scene to one that has the Gaussians of both.

    The Gaussians of a scene that it was not registered for have no value. Of two scenes of photos
    what the first one alone has stays as it is: it looks up pixels, or is a formula.
    """
    scenes = (first, second)
    names = [set(kept(home(scene)).attributes) for scene in scenes]
    if both.has("maps"):
        carry(first, both)
        names[0] = names[0] & names[1]
    found = {
        one.name: (one, kind)
        for scene, own in zip(reversed(scenes), reversed(names), strict=True)
        for one in available(scene)
        if one.name in own
        for kind in (given_values(scene, one.name).dtype,)
    }
    for name, (one, kind) in found.items():
        parts = [
            given_values(scene, name)
            if name in own
            else np.ma.array(np.zeros(len(scene), kind), mask=np.ones(len(scene), bool))
            for scene, own in zip(scenes, names, strict=True)
        ]
        values = np.ma.concatenate(parts)
        kinds = [part.dtype for part in parts]
        if kinds[0] != kinds[1]:
            notices.tell(
                f"{name!r} has numbers of {kinds[0]} in one of the merged scenes and of {kinds[1]} "
                f"in the other; of both they are {values.dtype}."
            )
        elif values.dtype.kind != "f" and not all(name in own for own in names):
            notices.tell(
                f"{name!r} has no value for the Gaussians of one of the merged scenes: `values` "
                f"and `exact_values` have NaN there, a .splatscene keeps its {values.dtype}."
            )
        register(name, values, scene=both, **one.details)

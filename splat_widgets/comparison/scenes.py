"""What is compared: the scenes of a call, checked, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from splat_widgets.scene.scene import Scene, SceneLike

FEWEST, MOST = 2, 6
_ADVICE = "; `sw.compare(scene)` alone compares a refined scene with its prediction"


def compared(given: Sequence[SceneLike | Sequence[SceneLike]]) -> tuple[Scene, ...]:
    """The scenes to compare: several, one list of several, or a refined one alone.

    Raises:
        TypeError: for something that is not a scene.
        ValueError: for fewer than two or more than six, or a scene without Gaussians.
    """
    listed: Sequence[Any] = given
    if len(given) == 1 and isinstance(given[0], list | tuple):
        listed = given[0]
    known = tuple(Scene.of(one) for one in listed)
    if len(known) == 1:
        return _with_prediction(known[0])
    check_count(len(known), "scenes", "" if len(known) > MOST else _ADVICE)
    for number, scene in enumerate(known, start=1):
        if not len(scene):
            raise ValueError(f"expected scenes with Gaussians, got none in number {number}")
    return known


def check_count(count: int, what: str, advice: str = "") -> None:
    """Whether so many can stand side by side.

    Raises:
        ValueError: if not.
    """
    if not FEWEST <= count <= MOST:
        raise ValueError(f"expected {FEWEST} to {MOST} {what} to compare, got {count}{advice}")


def titles_of(scenes: Sequence[Scene], given: Sequence[str] | None) -> list[str]:
    """What the scenes are called: as given, else by origin; each name stands once.

    Raises:
        ValueError: if the given ones are not as many.
    """
    if given is not None:
        if isinstance(given, str) or len(given) != len(scenes):
            got = repr(given) if isinstance(given, str) else len(given)
            raise ValueError(f"expected {len(scenes)} titles, one for each scene, got {got}")
        return [str(title) for title in given]
    named = [_origin(scene, scenes) or f"scene {n}" for n, scene in enumerate(scenes, start=1)]
    return numbered(named)


def numbered(names: Sequence[str]) -> list[str]:
    """The names, with a number where one stands twice."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: n + 1].count(name)})"
        for n, name in enumerate(names)
    ]


def _with_prediction(scene: Scene) -> tuple[Scene, Scene]:
    before = scene.predicted
    if before is None or before.record is scene.record:
        raise ValueError(
            "expected two or more scenes, or one refined scene, which has a prediction to compare "
            "with; got one without: `reconstruct(..., refine=True)` makes one"
        )
    return before, scene


def _origin(scene: Scene, scenes: Sequence[Scene]) -> str:
    """A refined scene beside its prediction; a file; photos in their order."""
    for other in scenes:
        if _is_prediction(scene, of=other):
            return "predicted"
        if _is_prediction(other, of=scene):
            return "refined"
    if scene.path is not None:
        return scene.path.name
    if scene.has("photos") and len({_photos(one) for one in scenes}) > 1:
        return _photos(scene)
    return ""


def _is_prediction(scene: Scene, *, of: Scene) -> bool:
    whole = of.reconstruction
    return whole is not None and whole.predicted is not None and scene.record is whole.predicted


def _photos(scene: Scene) -> str:
    return ", ".join(photo.name for photo in scene.photos) if scene.has("photos") else ""

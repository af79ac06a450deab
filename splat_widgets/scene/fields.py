"""Fields of a scene's parts, read from the scene itself: `means` is `gaussians.means`."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar, cast

T = TypeVar("T")


class Of(Generic[T]):
    """A field of the scene's Gaussians or of its reconstruction, under the same name."""

    def __init__(self, part: str, meaning: str) -> None:
        self.part = part
        self.__doc__ = meaning  # what `help` shows

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, scene: Any, owner: type) -> T:
        if scene is None:
            return cast("T", self)
        part = getattr(scene, self.part)
        if part is None:
            raise AttributeError(
                f"expected a scene with `{self.name}`, as `reconstruct` returns it; this one has "
                "Gaussians alone (a .ply keeps nothing else)"
            )
        return getattr(part, self.name)

    def __set__(self, scene: object, value: object) -> NoReturn:
        raise AttributeError(
            f"a Scene does not change; `dataclasses.replace(scene.{self.part}, {self.name}=…)` "
            "makes the part anew, and `sw.Scene.of` a scene of it"
        )

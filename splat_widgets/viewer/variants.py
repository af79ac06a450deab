"""A refined scene and what the network had predicted: two scenes, shown in one viewer by turns."""

from __future__ import annotations

from dataclasses import dataclass

from splat_widgets.scene.scene import Scene


@dataclass(frozen=True)
class Variants:
    """One place as the photos and as the network alone determine it."""

    refined: Scene
    predicted: Scene

    @classmethod
    def of(cls, scene: Scene | None) -> Variants | None:
        """Those of a refined scene, also of a part of one; None for any other."""
        if scene is None or scene.reconstruction is None:
            return None
        if scene.reconstruction.predicted is None:
            return None
        return cls(scene, Scene.of(scene.reconstruction.predicted))

    def holds(self, scene: Scene | None) -> bool:
        """Whether it is one of the two."""
        return scene is not None and any(
            scene.record is one.record for one in (self.refined, self.predicted)
        )

    def chosen(self, predicted: bool) -> Scene:
        """One of the two."""
        return self.predicted if predicted else self.refined

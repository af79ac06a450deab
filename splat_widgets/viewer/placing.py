"""A scene that is put elsewhere while it is shown: the view and what was measured go along."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from splat_widgets.scene.editing import Point
from splat_widgets.scene.framing import CameraState, Vec3
from splat_widgets.scene.scene import Scene
from splat_widgets.viewer.messages import Length
from splat_widgets.viewer.records import Measured
from splat_widgets.viewer.variants import Variants
from splat_widgets.viewer.wire import EncodedScene


class Placing:
    """The part of a viewer that scales its scene to a length that was measured outside."""

    _scene: Scene | None
    _variants: Variants | None
    camera: Any
    saved_cameras: Any
    measured: Any

    def scale_to(self, first: Point, second: Point, metres: float) -> None:
        """Make the scene's unit metres, after a length was measured outside: "this door is 2 m".

        The prediction of a refined scene is scaled with it. The view stays.

        Args:
            first: (3,) a point of the scene, in scene units; it stays where it is.
            second: (3,) another one.
            metres: how far they are apart in the world, above 0 m.

        Raises:
            ValueError: without a scene, for one point twice, or a length that is not above 0.
        """
        before, variants, measured = self._scene, self._variants, self.measured
        if before is None:
            raise ValueError("expected a scene to scale, and the viewer is empty")
        if variants is not None and before is variants.predicted:
            both = Variants.of(variants.refined.scaled_to(first, second, metres))
            self._take(None if both is None else both.predicted)
            self._variants = both
        else:
            self._take(before.scaled_to(first, second, metres))
        self._follow(before, self._scene, measured)
        self._send_everywhere()

    def _follow(self, before: Scene | None, now: Scene | None, measured: Any) -> None:
        """Keep the view and what was measured on a scene that was put elsewhere."""
        T = way_between(before, now)
        if T is None or now is None:
            return
        self.camera = moved_view(self.camera, T)
        self.saved_cameras = [moved_view(saved, T) for saved in self.saved_cameras]
        if measured:
            unit = "units" if now.metres == "unknown" else "m"
            self.measured = moved_measure(measured, T, unit)

    def _on_length(self, message: Length, _buffers: list[memoryview]) -> None:
        encoded = self.encoded
        if encoded is not None and message["scene"] == encoded.header["scene"]:
            first, second = message["points"]
            self.scale_to(first, second, message["metres"])

    def _take(self, scene: Scene | None) -> None:
        raise NotImplementedError

    def _send_everywhere(self) -> None:
        raise NotImplementedError

    @property
    def encoded(self) -> EncodedScene | None:
        """The scene as the page gets it."""
        raise NotImplementedError


def way_between(before: Scene | None, now: Scene | None) -> np.ndarray | None:
    """(4, 4) similarity from where a scene was to where it is; None if it stayed."""
    if before is None or now is None or before.placement == now.placement:
        return None
    first, second = (
        np.eye(4) if scene.placement is None else scene.placement.matrix for scene in (before, now)
    )
    return second @ np.linalg.inv(first)


def moved_view(state: CameraState, T: np.ndarray) -> CameraState:
    """The view that sees the moved scene as this one saw the scene before.

    Args:
        state: where the view was.
        T: (4, 4) similarity that moved the scene.
    """
    up = T[:3, :3] @ np.array(state["up"])
    return {
        "position": _moved(state["position"], T),
        "target": _moved(state["target"], T),
        "up": cast("Vec3", tuple((up / np.linalg.norm(up)).tolist())),
        "fov_deg": state["fov_deg"],
    }


def moved_measure(measured: Measured, T: np.ndarray, unit: str) -> Measured:
    """A measurement on the moved scene.

    Args:
        measured: on the scene before.
        T: (4, 4) similarity that moved the scene.
        unit: "m", or "units" if nobody knows how large the scene is now.
    """
    first, second = (_moved(point, T) for point in measured["points"])
    distance = float(np.linalg.norm(np.subtract(first, second)))
    return cast("Measured", {"points": [first, second], "distance": distance, "unit": unit})


def _moved(point: Vec3, T: np.ndarray) -> Vec3:
    return cast("Vec3", tuple((T[:3, :3] @ np.array(point) + T[:3, 3]).tolist()))

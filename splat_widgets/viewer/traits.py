"""Traits of the viewer whose values are records of plain numbers."""

from __future__ import annotations

from typing import Any

from traitlets import Dict, List, TraitError

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import camera_state, check_state
from splat_widgets.viewer.measuring import check_measured


class CameraTrait(Dict):
    """A `CameraState`; a `Camera` is converted to one."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Check and convert an assigned value."""
        try:
            return camera_state(value) if isinstance(value, Camera) else check_state(value)
        except (TypeError, ValueError) as error:
            raise TraitError(f"camera: {error}") from None


class SavedCameras(List):
    """A list of `CameraState`s; a `Camera` is converted to one."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Check and convert an assigned value."""
        if not isinstance(value, list | tuple):
            raise TraitError(f"saved_cameras: expected a list, got {type(value).__name__}")
        try:
            return [camera_state(v) if isinstance(v, Camera) else check_state(v) for v in value]
        except (TypeError, ValueError) as error:
            raise TraitError(f"saved_cameras: {error}") from None


class MeasuredTrait(Dict):
    """A `Measured`, or None."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Check an assigned value."""
        try:
            return check_measured(value)
        except (TypeError, ValueError) as error:
            raise TraitError(f"measured: {error}") from None

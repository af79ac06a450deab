"""A scene of a file that looks plain where it should be encoded: read both ways, by turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from traitlets import Bool, HasTraits, TraitError, Unicode, observe, validate

from splat_widgets.scene.scene import Scene

_NAMES = {"opacity": "opacities", "scale": "sizes"}


@dataclass(frozen=True)
class Readings:
    """One file as its format says, and with the suspected columns as they stand."""

    encoded: Scene
    plain: Scene

    @classmethod
    def of(cls, scene: Scene | None) -> Readings | None:
        """Those of a scene whose file is suspected; None for any other."""
        if scene is None or scene.source is None or not scene.source.stored.columns:
            return None
        return cls(scene, scene.activated())

    @property
    def doubt(self) -> str:
        """What is suspected, in a few words."""
        source = self.encoded.source
        columns = () if source is None else source.stored.columns
        return f"The {' and '.join(_NAMES[name] for name in columns)} of this file look plain."

    def holds(self, scene: Scene | None) -> bool:
        """Whether it is one of the two."""
        return scene is not None and any(
            scene.record is one.record for one in (self.encoded, self.plain)
        )

    def chosen(self, plain: bool) -> Scene:
        """One of the two."""
        return self.plain if plain else self.encoded


def doubt_of(readings: Readings | None) -> str:
    """What is suspected; empty if nothing is."""
    return "" if readings is None else readings.doubt


class ReadBothWays(HasTraits):
    """The part of a viewer that offers a file's other reading."""

    read_plain = Bool(
        False, help="Take the columns of the scene's file that look plain as they stand."
    ).tag(sync=True)
    _doubt = Unicode(help="What looks plain in the scene's file; empty if nothing.").tag(sync=True)
    _readings: Readings | None = None

    def _show_instead(self, wanted: Scene) -> None:
        raise NotImplementedError

    def _take_readings(self, scene: Scene | None) -> None:
        """Another scene is shown, or the other reading of the same file."""
        if self._readings is None or not self._readings.holds(scene):
            self._readings = Readings.of(scene)
        readings = self._readings
        self._doubt = doubt_of(readings)
        self.read_plain = readings is not None and scene is readings.plain

    @validate("read_plain")
    def _check_reading(self, proposal: Any) -> bool:
        if proposal["value"] and self._readings is None:
            raise TraitError(
                "read_plain: expected a scene whose file looks plain; "
                '`sw.load(path, activated=("opacity", "scale"))` reads any file so'
            )
        return proposal["value"]

    @observe("read_plain")
    def _read_otherwise(self, change: Any) -> None:
        """Show the other reading from where the view is."""
        if self._readings is not None:
            self._show_instead(self._readings.chosen(change["new"]))

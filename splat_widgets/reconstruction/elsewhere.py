"""Models that make whole scenes in another place, such as a service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from splat_widgets.models.predictor import Described
from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.reconstruction.progress import Report
from splat_widgets.scene.reconstruction import Reconstruction


@runtime_checkable
class Elsewhere(Described, Protocol):
    """Takes the place of a `Predictor`; geometry is done where the network is.

    Its `stages` are all those of a run.
    """

    @property
    def address(self) -> str:
        """Where it is, for people."""
        ...

    def scene_of(
        self,
        photos: Iterable[DecodedPhoto],
        choices: Choices,
        image_size: int | None,
        report: Report,
    ) -> Reconstruction:
        """A scene of photos.

        Args:
            photos: opened one after another.
            choices: what `reconstruct` was asked for.
            image_size: side of the crops in px; None: as that place is set.
            report: gets every progress, at least a few times a second; what it raises ends the
                run, also over there.
        """
        ...

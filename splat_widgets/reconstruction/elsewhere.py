"""Models that make whole scenes in another place, such as a service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import torch

from splat_widgets.models.predictor import Stage
from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.reconstruction.choices import Choices
from splat_widgets.reconstruction.progress import Report
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.reconstruction import Reconstruction


@runtime_checkable
class Elsewhere(Protocol):
    """Takes the place of a `Predictor`; geometry is done where the network is."""

    @property
    def image_size(self) -> int:
        """Side of the square crops that the network was trained on, px."""
        ...

    @property
    def max_photos(self) -> int | None:
        """Most photos of a scene; None if any number will do."""
        ...

    @property
    def provenance(self) -> Provenance | None:
        """Where the weights come from, if that is known."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the weights live, over there."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Type that most of the network computes in."""
        ...

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages of a run."""
        ...

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

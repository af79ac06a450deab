"""What a scene file holds, as records; the only ones that reading makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from splat_widgets import attributes
from splat_widgets.attributes.colormaps import Colormap
from splat_widgets.attributes.records import DETAILS, Attribute, Range
from splat_widgets.attributes.table import given_values
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera, PhotoCrop
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.inspection import Inspection, KeptMoment, KeptPart, KeptStep
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.placement import Placement
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.scene.refinement import Evidence, PairVerdict, Refinement
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import Source, Stored


@dataclass(frozen=True, eq=False)
class KeptAttribute:
    """An attribute of the user's own, with its values instead of its formula."""

    name: str
    label: str
    unit: str
    formula: str
    description: str
    colormap: Colormap
    range: Range
    log: bool
    values: Tensor  # (N,) floats, whole numbers or flags, of the type that they were given in
    known: Tensor | None = None  # (N,) bool, of whole numbers and flags that some have not

    @property
    def given(self) -> np.ndarray:
        """The values, masked where there is none.

        Raises:
            ValueError: if there are not as many `known`.
        """
        values, known = self.values.numpy(), self.known
        if known is None:
            return values
        if known.dtype != torch.bool or known.shape != self.values.shape:
            raise ValueError(f"expected flags of which {self.name!r} are known, got {known.dtype}")
        return np.ma.array(values, mask=~known.numpy())

    @classmethod
    def of(cls, scene: Scene, one: Attribute) -> KeptAttribute:
        """That of a scene."""
        values, known = given_values(scene, one.name), None
        if np.ma.isMaskedArray(values):
            known = torch.from_numpy(~np.ma.getmaskarray(values))
            values = values.filled(0)
        return cls(
            name=one.name, **one.details, values=torch.from_numpy(values.copy()), known=known
        )


@dataclass(frozen=True, eq=False)
class Contents:
    """All of a scene."""

    gaussians: Gaussians
    cameras: tuple[Camera | None, ...] = ()
    reconstruction: Reconstruction | None = None
    selected_from: int | None = None
    source: Source | None = None
    attributes: tuple[KeptAttribute, ...] = ()
    inspection: Inspection | None = None

    @classmethod
    def of(cls, scene: Scene) -> Contents:
        """What is kept of a scene: no folders of this machine, nothing of an autograd graph."""
        whole = scene.reconstruction
        return cls(
            gaussians=scene.gaussians,
            cameras=scene.cameras,
            reconstruction=None if whole is None else _without_folders(whole),
            selected_from=scene.selected_from,
            source=scene.source,
            attributes=tuple(
                KeptAttribute.of(scene, attributes.get(name, scene)) for name in own_names(scene)
            ),
            inspection=scene.inspection,
        )

    def scene(self, path: Path) -> Scene:
        """The scene, with its own attributes registered."""
        found = Scene(
            self.gaussians,
            self.cameras,
            self.reconstruction,
            path,
            self.selected_from,
            self.source,
            self.inspection,
        )
        for one in self.attributes:
            attributes.register(
                one.name,
                one.given,
                scene=found,
                **{name: getattr(one, name) for name in DETAILS},
            )
        return found


RECORDS = {
    record.__name__: record
    for record in (
        Contents,
        Gaussians,
        Camera,
        PhotoCrop,
        Reconstruction,
        PhotoMaps,
        Photo,
        Timings,
        Provenance,
        Refinement,
        PairVerdict,
        Evidence,
        Source,
        Stored,
        Placement,
        KeptAttribute,
        Range,
        Inspection,
        KeptStep,
        KeptMoment,
        KeptPart,
    )
}


def own_names(scene: Scene) -> tuple[str, ...]:
    """Attributes of the user's own."""
    return tuple(one.name for one in attributes.available(scene) if one.source == "user")


def _without_folders(whole: Reconstruction) -> Reconstruction:
    """Where on this machine the weights lay is nobody's business."""
    known, timings = whole.provenance, whole.timings
    return replace(
        whole,
        timings=replace(timings, model=Path(timings.model).name),
        provenance=known
        and replace(known, source=Path(known.source).name, path=Path(known.path.name)),
        predicted=whole.predicted and _without_folders(whole.predicted),
    )

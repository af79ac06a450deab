"""`Scene`: the type that users meet; every public function converts its argument to one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Union, cast

import numpy as np
import torch
from torch import Tensor

from splat_widgets.guesses import Guessed
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.doors import Doors
from splat_widgets.scene.editing import Editing
from splat_widgets.scene.fields import Of
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.inspection import Inspection
from splat_widgets.scene.joining import check_frame
from splat_widgets.scene.late import late
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.reconstruction import Reconstruction, SourcePixel, Timings
from splat_widgets.scene.refinement import Evidence, Refinement
from splat_widgets.scene.rows import Rows, Which, selection_index
from splat_widgets.scene.source import Source

_EXPECTED = (
    "expected a scene: a path to its file, Gaussians, a Reconstruction, a Scene, or a viewer or "
    "inspector that shows one; got"
)


class HasScene(Protocol):
    """Anything that holds a scene: a viewer, an inspector, a result of the studio."""

    def __scene__(self) -> Scene | None: ...


SceneLike = Union["Scene", Gaussians, Reconstruction, HasScene, str, os.PathLike[str]]
"""What `Scene.of` takes."""


@dataclass(frozen=True, eq=False, repr=False)
class Scene(Doors, Editing, Rows, Guessed):
    """3D Gaussians, and what is known about their origin.

    The tensors of its parts can be read from the scene itself. Those of the reconstruction raise
    an `AttributeError` if there is none. `scene[mask]`, `scene[10:20]` and `scene[[3, 1]]` are
    scenes of some of the Gaussians, `a + b` is one of two parts of a scene. A scene does not
    change; `==` asks whether two names mean one object.

    Args:
        gaussians: the record of N Gaussians.
        cameras: one per photo, in their order; None where a camera is not known.
        reconstruction: what else is known of a scene from photos; its Gaussians are `gaussians`.
        path: of the file that it was read from.
        selected_from: number of Gaussians of the scene that this one is a part of.
        source: what that file says beside the Gaussians.
        inspection: what an inspector of it was at when it was saved.

    Raises:
        TypeError: for parts of another type.
        ValueError: for a reconstruction of other Gaussians.
    """

    gaussians: Gaussians
    cameras: tuple[Camera | None, ...] = ()  # one per photo, in their order; None: not known
    reconstruction: Reconstruction | None = None
    path: Path | None = None  # of the file that it was read from
    selected_from: int | None = None  # Gaussians of the scene that this one is a part of
    source: Source | None = None  # what that file says beside the Gaussians; kept by `select`
    inspection: Inspection | None = None  # what an inspector went on from, if the file kept it

    means = Of[Tensor]("gaussians", "(N, 3) centres, in the scene's `frame`.")
    scales = Of[Tensor]("gaussians", "(N, 3) standard deviations, same unit as means.")
    quaternions = Of[Tensor]("gaussians", "(N, 4) wxyz, unit length, local to world.")
    opacities = Of[Tensor]("gaussians", "(N,) in [0, 1].")
    sh = Of[Tensor]("gaussians", "(N, K, 3) spherical harmonics, K = (degree + 1)².")
    sh_degree = Of[int]("gaussians", "Degree of the spherical harmonics, 0 to 3.")
    covariances = Of[Tensor]("gaussians", "(N, 3, 3), in scene units squared.")
    device = Of[torch.device]("gaussians", "Where the tensors live.")
    to_numpy = Of[Callable[[], dict[str, np.ndarray]]](
        "gaussians", "The five fields as float32 arrays, by name: `scene.to_numpy()`."
    )

    view = Of[Tensor]("reconstruction", "(N,) int64 index of each Gaussian's photo.")
    row = Of[Tensor]("reconstruction", "(N,) int64 pixel of the photo's crop.")
    col = Of[Tensor]("reconstruction", "(N,) int64 pixel of the photo's crop.")
    confidence = Of[Tensor]("reconstruction", "(N,) of the point under the Gaussian, at least 1.")
    offsets = Of[Tensor]("reconstruction", "(N, 3) from the point to the Gaussian's centre, m.")
    points = Of[Tensor]("reconstruction", "(N, 3) centres before their offsets, m.")
    maps = Of[tuple[PhotoMaps, ...]]("reconstruction", "Per pixel, one entry per photo.")
    photos = Of[tuple[Photo, ...]]("reconstruction", "The photos as the network saw them.")
    pose_inlier_ratios = Of[tuple[float | None, ...]](
        "reconstruction", "Share of each photo's points, 0 to 1, that agree with its camera."
    )
    timings = Of[Timings]("reconstruction", "Seconds and memory of the run.")
    provenance = Of[Provenance | None]("reconstruction", "Of the model's weights.")
    refinement = Of[Refinement | None]("reconstruction", "What matching the photos found.")
    evidence = Of[Evidence | None]("reconstruction", "Per Gaussian, where the photos decided.")
    source_pixel = Of[Callable[[int], SourcePixel]](
        "reconstruction", "The pixel that a Gaussian comes from: `scene.source_pixel(index)`."
    )

    def __post_init__(self) -> None:
        if not isinstance(self.gaussians, Gaussians):
            raise TypeError(
                f"expected Gaussians, got {type(self.gaussians).__name__}; `Scene.of` takes a "
                "path, a Reconstruction or what shows a scene"
            )
        if not isinstance(self.cameras, tuple):
            raise TypeError(f"expected a tuple of cameras, got {type(self.cameras).__name__}")
        for camera in self.known_cameras:
            checked(camera)
        whole = self.reconstruction
        if whole is not None and whole.gaussians is not self.gaussians:
            raise ValueError(
                "expected the reconstruction's own Gaussians, got others; use `Scene.of(...)`"
            )
        if self.source is not None:
            self.source.check(len(self.gaussians))
        if self.inspection is not None and len(self.inspection.selection) != len(self):
            raise ValueError(
                f"expected the inspection of {len(self):,} Gaussians, got one of "
                f"{len(self.inspection.selection):,}"
            )

    @classmethod
    def of(cls, scene: SceneLike | object) -> Scene:
        """The scene of anything that holds one; every public function calls this.

        Args:
            scene: a path to its file, `Gaussians`, a `Reconstruction`, a `Scene`, or an object
                with `__scene__()`.

        Raises:
            TypeError: for anything else, and for a viewer that shows nothing.
            ValueError: for the address of a web page, or a file that cannot be read.
            FileNotFoundError: for a path without a file.
        """
        if isinstance(scene, Scene):
            return scene
        if isinstance(scene, Gaussians):
            return cls(scene)
        if isinstance(scene, Reconstruction):
            return cls(scene.gaussians, scene.cameras, scene)
        if isinstance(scene, str | os.PathLike):
            return late("load")(scene)
        got, advice = type(scene).__name__, "make one with `reconstruct` or `load`"
        if isinstance(scene, list | tuple):
            advice = "`sw.view([a, b])` shows several, `a + b` joins parts of one, else take one"
        if hasattr(type(scene), "__scene__"):
            found = cast("HasScene", scene).__scene__()
            if isinstance(found, Scene | Gaussians | Reconstruction):
                return cls.of(found)
            if found is None:
                got, advice = f"an empty {got}", "assign its `scene` first"
            else:
                got, advice = f"{got} that holds {type(found).__name__}", "return a `Scene` there"
        raise TypeError(f"{_EXPECTED} {got}; {advice}")

    @property
    def record(self) -> Gaussians | Reconstruction:
        """The record that scenes made from it share: the reconstruction, else the Gaussians."""
        return self.gaussians if self.reconstruction is None else self.reconstruction

    @property
    def known_cameras(self) -> tuple[Camera, ...]:
        """The cameras that are known, the first photo's first."""
        return tuple(camera for camera in self.cameras if camera is not None)

    @property
    def predicted(self) -> Scene | None:
        """The network's own scene: of a refined scene what it was before, else the scene itself.

        None for Gaussians alone.
        """
        whole = self.reconstruction
        if whole is None or whole.predicted is None:
            return None if whole is None else self
        return Scene.of(whole.predicted)

    @property
    def notices(self) -> tuple[str, ...]:
        """Lines that a user should see."""
        told = self.source if self.reconstruction is None else self.reconstruction
        return () if told is None else told.notices

    @property
    def comments(self) -> tuple[str, ...]:
        """Lines on where the scene comes from, for the file it is saved to."""
        told = self.source if self.reconstruction is None else self.reconstruction
        return () if told is None else told.comments

    @property
    def frame(self) -> str:  # a `Frame`: Tab (jedi) fails on an object with a `Literal` property
        """Whose axes, origin and unit of length the numbers are in."""
        if self.reconstruction is not None and self.reconstruction.placement is not None:
            return "placed"
        if self.reconstruction is not None:
            found = self.reconstruction.refinement
            return "given" if found is not None and found.metres == "given" else "first_camera"
        return "unknown" if self.source is None else self.source.frame

    def activated(self) -> Scene:
        """The scene with the columns of its file that look plain read as they stand.

        The file is not read again. What is suspected is said in the notices.

        Raises:
            ValueError: if no column of its file is suspected.
        """
        if self.source is None or not self.source.stored.columns:
            raise ValueError(
                "expected a scene of a .ply whose opacities or scales look plain, got none such; "
                '`sw.load(path, activated=("opacity", "scale"))` reads any file so'
            )
        known = self.source.stored.put_into(self.gaussians)
        return Scene(
            known, self.cameras, None, self.path, self.selected_from, self.source.settled()
        )

    def has(self, name: str) -> bool:
        """Whether the scene has a field.

        Args:
            name: such as "confidence".
        """
        return getattr(self, name, None) is not None

    def select(self, which: Which) -> Scene:
        """The scene with some of the Gaussians, in the order asked for; `scene[which]` is the same.

        Args:
            which: a mask (N,) of booleans, whole numbers from -N to N - 1, or a slice.

        Raises:
            TypeError: for numbers that are neither.
            ValueError: for a mask of another length.
            IndexError: for an index outside.
        """
        source = self.source
        if source is not None:
            source = source.select(selection_index(which, len(self), self.device))
        part = self.record.select(which)
        return self._of_part(part, self.selected_from or len(self), source=source)

    def to(
        self,
        device: torch.device | torch.dtype | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> Scene:
        """The scene on another device, or in another floating type.

        Args:
            device: such as "cpu" or "cuda"; None: where it is. A type may stand here, as in torch.
            dtype: floating type of the Gaussians, such as `torch.float64`; None: as it is.
        """
        if isinstance(device, torch.dtype):
            device, dtype = None, device
        moved = self.record.to(device, dtype)
        changed = self._of_part(moved, self.selected_from, self.path, self.source)
        late("carry")(self, changed)
        return changed

    def __add__(self, other: object) -> Scene:
        if not isinstance(other, Scene):
            return NotImplemented
        check_frame(self.cameras, other.cameras)
        both = None
        if self.reconstruction is not None and other.reconstruction is not None:
            both = self.reconstruction.joined(other.reconstruction)
        return self._of_part(both or self.gaussians + other.gaussians)

    def _of_part(
        self,
        part: Gaussians | Reconstruction,
        whole: int | None = None,
        path: Path | None = None,
        source: Source | None = None,
    ) -> Scene:
        """The scene of a record that was made from this one's."""
        known = part if isinstance(part, Reconstruction) else None
        gaussians = part if isinstance(part, Gaussians) else part.gaussians
        return Scene(gaussians, self.cameras, known, path, whole, source)

    def __dir__(self) -> list[str]:
        """For Tab: without the fields that a scene without photos lacks."""
        lacks = () if self.reconstruction is not None else ("reconstruction",)
        fields = vars(type(self)).items()
        return sorted({*object.__dir__(self)} - {k for k, v in fields if _of(v) in lacks})

    def __len__(self) -> int:
        return len(self.gaussians)

    def __repr__(self) -> str:
        whole = self.selected_from
        part = "" if whole in (None, len(self)) else f" of {whole:,}"
        if self.reconstruction is not None:
            return f"Scene({len(self):,}{part} {self.reconstruction.origin})" + "".join(
                f"\n{notice}" for notice in self.notices
            )
        source = "" if self.path is None else f" from {self.path.name}"
        lines = [f"Scene({len(self):,}{part} Gaussians of SH degree {self.sh_degree}{source})"]
        return "\n".join([*lines, *self.notices])


def _of(field: object) -> str:
    """The part of a scene that one of its fields belongs to."""
    return field.part if isinstance(field, Of) else ""

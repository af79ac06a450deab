"""`Scene`: the type that users meet; every public function converts its argument to one."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, Union, cast

import numpy as np
import torch
from torch import Tensor

from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.late import late
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.reconstruction import Reconstruction, SourcePixel, Timings
from splat_widgets.scene.refinement import Evidence, Refinement

T = TypeVar("T")

_EXPECTED = (
    "expected a scene: a path to a .ply, Gaussians, a Reconstruction, a Scene, or a viewer or "
    "inspector that shows one; got"
)


class HasScene(Protocol):
    """Anything that holds a scene: a viewer, an inspector, a result of the studio."""

    def __scene__(self) -> Scene | None: ...


SceneLike = Union["Scene", Gaussians, Reconstruction, HasScene, str, os.PathLike[str]]
"""What `Scene.of` takes."""


class _Of(Generic[T]):
    """A field of the scene's Gaussians or of its reconstruction, under the same name."""

    def __init__(self, part: str) -> None:
        self.part = part

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, scene: Scene | None, owner: type) -> T:
        if scene is None:
            return cast("T", self)
        part = getattr(scene, self.part)
        if part is None:
            raise AttributeError(
                f"expected a scene with `{self.name}`, as `reconstruct` returns it; this one has "
                "Gaussians alone (a .ply keeps nothing else)"
            )
        return getattr(part, self.name)


@dataclass(frozen=True, eq=False, repr=False)
class Scene:
    """3D Gaussians, and what is known about their origin.

    The tensors of its parts can be read from the scene itself. Those of the reconstruction raise
    an `AttributeError` if there is none.

    Raises:
        TypeError: for parts of another type.
        ValueError: for a reconstruction of other Gaussians.
    """

    gaussians: Gaussians
    cameras: tuple[Camera | None, ...] = ()  # one per photo, in their order; None: not known
    reconstruction: Reconstruction | None = None
    path: Path | None = None  # of the file that it was read from

    means = _Of[Tensor]("gaussians")  # (N, 3) centres, frame of the first camera
    scales = _Of[Tensor]("gaussians")  # (N, 3) standard deviations, same unit as means
    quaternions = _Of[Tensor]("gaussians")  # (N, 4) wxyz, unit length
    opacities = _Of[Tensor]("gaussians")  # (N,) in [0, 1]
    sh = _Of[Tensor]("gaussians")  # (N, K, 3) spherical harmonics
    sh_degree = _Of[int]("gaussians")  # 0 to 3
    covariances = _Of[Tensor]("gaussians")  # (N, 3, 3), scene units squared
    device = _Of[torch.device]("gaussians")
    to_numpy = _Of[Callable[[], dict[str, np.ndarray]]]("gaussians")  # the five fields, by name

    view = _Of[Tensor]("reconstruction")  # (N,) int64 index of each Gaussian's photo
    row = _Of[Tensor]("reconstruction")  # (N,) int64 pixel of the photo's crop
    col = _Of[Tensor]("reconstruction")  # (N,) int64
    confidence = _Of[Tensor]("reconstruction")  # (N,) of the point under the Gaussian
    offsets = _Of[Tensor]("reconstruction")  # (N, 3) from the point to the Gaussian's centre
    points = _Of[Tensor]("reconstruction")  # (N, 3) centres before their offsets
    maps = _Of[tuple[PhotoMaps, ...]]("reconstruction")  # per pixel, one entry per photo
    photos = _Of[tuple[Photo, ...]]("reconstruction")  # the photos as the network saw them
    pose_inlier_ratios = _Of[tuple[float | None, ...]]("reconstruction")  # one per photo
    timings = _Of[Timings]("reconstruction")
    provenance = _Of[Provenance | None]("reconstruction")  # of the model's weights
    refinement = _Of[Refinement | None]("reconstruction")  # what matching the photos found
    evidence = _Of[Evidence | None]("reconstruction")  # per Gaussian, where the photos decided
    source_pixel = _Of[Callable[[int], SourcePixel]]("reconstruction")

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

    @classmethod
    def of(cls, scene: SceneLike | object) -> Scene:
        """The scene of anything that holds one; every public function calls this.

        Args:
            scene: a path to a `.ply`, `Gaussians`, a `Reconstruction`, a `Scene`, or an object
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
            return late("read")(scene)
        got, advice = type(scene).__name__, "make one with `reconstruct` or `load`"
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
        return () if self.reconstruction is None else self.reconstruction.notices

    @property
    def comments(self) -> tuple[str, ...]:
        """Lines on where the scene comes from, for the file it is saved to."""
        return () if self.reconstruction is None else self.reconstruction.comments

    def has(self, name: str) -> bool:
        """Whether the scene has a field of this name, such as "confidence"."""
        return getattr(self, name, None) is not None

    def select(self, which: Tensor | np.ndarray | Sequence[int] | Sequence[bool]) -> Scene:
        """The scene with the Gaussians at a boolean mask (N,) or at indices, in that order."""
        part = self.record.select(which)
        if isinstance(part, Reconstruction):
            return Scene(part.gaussians, self.cameras, part)
        return Scene(part, self.cameras)

    def show(self, **traits: Any) -> Any:
        """A `SplatViewer` of the scene; see `view`."""
        return late("show")(self, **traits)

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the scene to a file and return its path; see `save`."""
        return late("save")(self, path, **options)

    def render(self, camera: Camera, **options: Any) -> Any:
        """What a camera sees, as a `Rendering`; see `render`."""
        return late("render")(self, camera, **options)

    def describe(self, *names: str, camera: Camera | None = None) -> Any:
        """Statistics of the attributes, or of those named; see `attributes.describe`."""
        return late("describe")(self, names or None, camera=camera)

    def __getattr__(self, name: str) -> Any:
        field = type(self).__dict__.get(name)
        if isinstance(field, _Of):  # it raised: once more, for its own text
            return field.__get__(self, type(self))
        hint = f"; its Gaussians have: `scene.gaussians.{name}`" if hasattr(Gaussians, name) else ""
        raise AttributeError(f"a Scene has no attribute {name!r}{hint}")

    def __len__(self) -> int:
        return len(self.gaussians)

    def __repr__(self) -> str:
        if self.reconstruction is not None:
            return f"Scene({self.reconstruction.summary})" + "".join(
                f"\n{notice}" for notice in self.notices
            )
        source = "" if self.path is None else f" from {self.path.name}"
        return f"Scene({len(self):,} Gaussians of SH degree {self.sh_degree}{source})"

    def _ipython_display_(self) -> None:
        """The viewer, and a picture for places without a kernel."""
        late("publish")(self)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """The viewer, and a picture for places without a kernel."""
        return late("mimebundle")(self, include, exclude)

"""The result of a reconstruction: Gaussians and, aligned with them, their pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from splat_widgets.geometry import similarity
from splat_widgets.guesses import Guessed
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.maps import PhotoMaps, gaussians_of, moved
from splat_widgets.scene.placement import Placement
from splat_widgets.scene.provenance import Provenance
from splat_widgets.scene.refinement import METRES_SENTENCE, Evidence, Refinement
from splat_widgets.scene.rows import Rows, Which, selection_index
from splat_widgets.sizes import format_bytes


@dataclass(frozen=True)
class Timings:
    """Time and memory of a reconstruction, and what it ran on."""

    stages: tuple[tuple[str, float], ...]  # (name, seconds) in their order
    device: str  # as torch names it
    dtype: str  # of most of the model's computation
    model: str  # source of the weights: "official", "embedded", a path
    peak_memory_bytes: int  # largest resident size of the whole process, sampled
    peak_device_memory_bytes: int | None = None  # most allocated on a CUDA device, else None

    @property
    def total(self) -> float:
        """Seconds of all stages."""
        return sum(seconds for _, seconds in self.stages)

    def __repr__(self) -> str:
        stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in self.stages)
        memory = format_bytes(self.peak_memory_bytes)
        return (
            f"Timings({self.total:.2f} s = {stages}; {self.model} on {self.device}, {self.dtype}; "
            f"process at most {memory})"
        )


@dataclass(frozen=True)
class SourcePixel:
    """The pixel that a Gaussian was predicted for."""

    view: int  # index into `Reconstruction.photos`
    row: int  # in the crop that the network saw
    col: int  # in the crop that the network saw
    photo: str  # name of the photo
    x: float  # in the upright original photo, px, from its top left corner
    y: float  # in the upright original photo, px


ALIGNED = ("view", "row", "col", "confidence", "offsets")
"""Fields of a `Reconstruction` with one entry per Gaussian."""


@dataclass(frozen=True, eq=False, repr=False)
class Reconstruction(Rows, Guessed):
    """A scene from photos: lengths in metres, in the frame of the first camera.

    Where cameras were given, their world and its unit of length take that place; where the scene
    was moved since, those that it was put to.

    Entry i of `view`, `row`, `col`, `confidence` and `offsets` belongs to Gaussian i. Fresh from
    `reconstruct` they run over the pixels of each photo in row-major order, photo after photo.
    Maps, photos, cameras and inlier ratios have one entry per photo and stay whole under `select`.

    Args:
        gaussians: N of them, float32 on the CPU.
        view: (N,) int64, index of the photo that the Gaussian comes from.
        row: (N,) int64, pixel of the photo's crop.
        col: (N,) int64, pixel of the photo's crop.
        confidence: (N,) of the point under the Gaussian, at least 1.
        offsets: (N, 3) from the point to the Gaussian's centre, m.
        maps: everything predicted, per pixel, one entry per photo.
        photos: as the network saw them.
        cameras: one per photo; None where it is not known.
        pose_inlier_ratios: share of each photo's points, 0 to 1, that agree with its camera's pose;
            None for the first photo, and where no pose was found.
        timings: seconds and memory of the run.
        notices: lines that a user should read.
        provenance: of the model's weights.
        refinement: what matching the photos found.
        evidence: per Gaussian, where the photos decided.
        predicted: the network's own scene, where this one is refined.
        placement: where it was put since it was made; None: as made.

    Raises:
        ValueError: for fields whose length is not N.
    """

    gaussians: Gaussians  # N of them, float32 on the CPU
    view: Tensor  # (N,) int64, index of the photo the Gaussian comes from
    row: Tensor  # (N,) int64, pixel of the photo's crop
    col: Tensor  # (N,) int64
    confidence: Tensor  # (N,) of the point under the Gaussian, at least 1
    offsets: Tensor  # (N, 3) from the point to the Gaussian's centre
    maps: tuple[PhotoMaps, ...]  # everything predicted, per pixel, without the batch axis
    photos: tuple[Photo, ...]  # as the network saw them
    cameras: tuple[Camera | None, ...]  # estimated from the maps; None where that fails
    pose_inlier_ratios: tuple[float | None, ...]  # share of each photo's points that agree with
    # its camera's pose; None for the first photo, and where no pose was found
    timings: Timings
    notices: tuple[str, ...] = ()  # lines a user should read, for example that one photo was given
    provenance: Provenance | None = None  # of the model's weights
    refinement: Refinement | None = None  # what matching the photos found
    evidence: Evidence | None = None  # per Gaussian, where the photos decided; else None
    predicted: Reconstruction | None = None  # the network's own scene, where this one is refined
    placement: Placement | None = None  # where it was put since it was made; None: as made

    def __post_init__(self) -> None:
        n = len(self.gaussians)
        expected = {"view": (n,), "row": (n,), "col": (n,), "confidence": (n,), "offsets": (n, 3)}
        for name, shape in expected.items():
            got = tuple(getattr(self, name).shape)
            if got != shape:
                raise ValueError(f"expected {name} of shape {shape} for {n} Gaussians, got {got}")

    @classmethod
    def of_maps(cls, maps: Sequence[PhotoMaps], **known: Any) -> Reconstruction:
        """One Gaussian per pixel of the maps.

        Args:
            maps: of each photo, without batch axis.
            known: the other fields, by name.
        """
        sizes = [tuple(one.confidence.shape) for one in maps]
        pixels = [torch.arange(height * width, device="cpu") for height, width in sizes]
        numbered = enumerate(pixels)
        return cls(
            gaussians=gaussians_of(maps),
            view=torch.cat([torch.full_like(flat, number) for number, flat in numbered]),
            row=torch.cat([p // width for p, (_, width) in zip(pixels, sizes, strict=True)]),
            col=torch.cat([p % width for p, (_, width) in zip(pixels, sizes, strict=True)]),
            confidence=torch.cat([one.confidence.flatten() for one in maps]),
            offsets=torch.cat([one.offsets.flatten(0, 1) for one in maps]),
            maps=tuple(maps),
            **known,
        )

    def __len__(self) -> int:
        return len(self.gaussians)

    def __repr__(self) -> str:
        return f"Reconstruction({self.summary})" + "".join(f"\n{line}" for line in self.notices)

    @property
    def summary(self) -> str:
        """One line: how many Gaussians, from which photos, by which model."""
        return f"{len(self):,} {self.origin}"

    @property
    def origin(self) -> str:
        """Which Gaussians, from which photos, by which model: the summary without their number."""
        names = list(dict.fromkeys(photo.name for photo in self.photos))
        photos = " and ".join(names) if len(names) <= 3 else f"{len(names)} photos"
        known = sum(camera is not None for camera in self.cameras)
        ratios = [f"{ratio:.0%}" for ratio in self.pose_inlier_ratios if ratio is not None]
        agreement = f" ({', '.join(ratios)} inliers)" if ratios else ""
        return (
            f"Gaussians of SH degree {self.gaussians.sh_degree} from "
            f"{photos}, {known} of {len(self.cameras)} cameras{agreement}, "
            f"{self.timings.model} on {self.timings.device} in {self.timings.total:.1f} s"
        )

    @property
    def points(self) -> Tensor:
        """(N, 3) surface points: the Gaussians' centres before their offsets."""
        points = torch.empty_like(self.offsets)
        for number, maps in enumerate(self.maps):
            here = self.view == number
            points[here] = maps.points[self.row[here], self.col[here]]
        return points

    @property
    def comments(self) -> tuple[str, ...]:
        """Origin of the scene for the file it is saved to, without names and folders."""
        lines = []
        if self.provenance is not None:
            weights = f"weights: {Path(self.provenance.source).name}"
            digest = self.provenance.sha256
            lines.append(f"{weights}, sha256 {digest}" if digest else weights)
            lines.append(f"license: {self.provenance.license} (of the weights)")
        for number, photo in enumerate(dict.fromkeys(self.photos), start=1):
            if photo.sha256 is not None:
                lines.append(f"photo {number}: sha256 {photo.sha256}")
        if self.refinement is not None:
            lines.append(f"refinement: {self.refinement.sentence}")
            told = [line for line in self.notices if line != self.refinement.sentence]
            lines += [f"notice: {line}" for line in told]
        return tuple(lines)

    def select(self, which: Which) -> Reconstruction:
        """The scene with the Gaussians at a boolean mask (N,) or at indices, in that order.

        Args:
            which: a mask (N,) of booleans, whole numbers from -N to N - 1, or a slice.
        """
        index = selection_index(which, len(self), self.gaussians.device)
        return self._with(
            self.gaussians.select(index),
            lambda values: values[index],
            None if self.evidence is None else self.evidence.select(index),
        )

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Reconstruction:
        """The scene on another device; its network's own scene with it.

        Args:
            device: such as "cpu" or "cuda"; None: where it is.
            dtype: floating type of the Gaussians, such as `torch.float64`; None: as it is.
        """
        gaussians = self.gaussians.to(device, dtype)
        place = gaussians.device
        if place == self.gaussians.device:
            return (
                self
                if dtype in (None, self.gaussians.means.dtype)
                else replace(self, gaussians=gaussians)
            )
        moved = self._with(
            gaussians,
            lambda values: values.to(place),
            None if self.evidence is None else self.evidence.to(place),
        )
        return replace(
            moved,
            maps=tuple(maps.to(place) for maps in self.maps),
            predicted=None if self.predicted is None else self.predicted.to(place, dtype),
        )

    def transformed(self, T: Tensor, placement: Placement) -> Reconstruction:
        """The scene in another frame, its maps, cameras and prediction with it.

        Args:
            T: (4, 4) float64 similarity, applied to columns of points.
            placement: where it is then.
        """
        rotation, factor, translation = similarity.parts(T)
        rigid = torch.eye(4, dtype=T.dtype, device=T.device)
        rigid[:3, :3], rigid[:3, 3] = rotation, translation
        guess = METRES_SENTENCE.partition("{")[0]
        is_guess = placement.metres == "model"
        return replace(
            self,
            notices=tuple(n for n in self.notices if is_guess or not n.startswith(guess)),
            gaussians=self.gaussians.transformed(T),
            offsets=self.offsets @ T[:3, :3].to(self.offsets).mT,
            maps=tuple(moved(one, rigid, float(factor)) for one in self.maps),
            cameras=tuple(one and one.transformed(T) for one in self.cameras),
            predicted=self.predicted and self.predicted.transformed(T, placement),
            placement=placement,
        )

    def joined(self, other: Reconstruction) -> Reconstruction | None:
        """These Gaussians and then those of another selection; None for one of other maps.

        Args:
            other: made by `select` from the same reconstruction.
        """
        if len(self.maps) != len(other.maps) or not all(map(_are_same, self.maps, other.maps)):
            return None
        evidence = None
        if self.evidence is not None and other.evidence is not None:
            evidence = self.evidence.joined(other.evidence)
        return replace(
            self,
            gaussians=self.gaussians + other.gaussians,
            evidence=evidence,
            **{name: torch.cat([getattr(self, name), getattr(other, name)]) for name in ALIGNED},
        )

    def _with(
        self, gaussians: Gaussians, change: Callable[[Tensor], Tensor], evidence: Evidence | None
    ) -> Reconstruction:
        aligned = {name: change(getattr(self, name)) for name in ALIGNED}
        return replace(self, gaussians=gaussians, evidence=evidence, **aligned)

    def source_pixel(self, index: int) -> SourcePixel:
        """Where Gaussian `index` comes from, down to the original photo.

        Args:
            index: from -N to N - 1.

        Raises:
            IndexError: if the scene has fewer Gaussians.
        """
        index = int(selection_index([index], len(self), self.view.device))
        number, row, col = (int(array[index]) for array in (self.view, self.row, self.col))
        x, y = self.photos[number].to_original(row, col)
        return SourcePixel(number, row, col, self.photos[number].name, float(x), float(y))


def _are_same(one: PhotoMaps, other: PhotoMaps) -> bool:
    """Whether two maps are one, also where one was saved and loaded again."""
    if one is other:
        return True
    pairs = ((one.points, other.points), (one.confidence, other.confidence), (one.sh, other.sh))
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)

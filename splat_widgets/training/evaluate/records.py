"""Records of an evaluation: numbers per scene, their medians per range of baselines, the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """Numbers of S scenes, (S,) each; NaN where a scene has none. `metrics` defines them."""

    error1: Tensor  # relative point error of the first photo, in metres
    error2: Tensor  # of the second photo, in the frame of the first camera
    aligned1: Tensor  # the same after one scale per scene
    aligned2: Tensor
    abs_rel1: Tensor  # relative error of depth along the photo's own axis, in metres
    abs_rel2: Tensor
    delta1: Tensor  # share of depths within a factor of 1.25, in metres
    delta2: Tensor
    rotation_deg: Tensor  # error of the rotation between the cameras
    direction_deg: Tensor  # error of the direction from the first camera to the second
    pixels: Tensor  # share of the valid pixels of both photos that have a point
    psnr: Tensor  # dB, target views, the scene in the metres it was predicted in
    ssim: Tensor
    perceptual: Tensor  # normalised Laplacian pyramid distance
    psnr_aligned: Tensor  # dB, after one scale per scene
    ssim_aligned: Tensor
    perceptual_aligned: Tensor

    @classmethod
    def of(cls, num_scenes: int, **given: Tensor) -> Scores:
        """Scores with the given numbers; the others are NaN."""
        missing = torch.full((num_scenes,), math.nan)
        return cls(
            **{f.name: given.pop(f.name, missing).float().cpu() for f in fields(cls)}, **given
        )

    @classmethod
    def cat(cls, parts: Sequence[Scores]) -> Scores:
        """The scenes of several blocks."""
        return cls(**{f.name: torch.cat([getattr(p, f.name) for p in parts]) for f in fields(cls)})


@dataclass(frozen=True)
class Summary:
    """Medians over scenes of the numbers in `Scores`; None where no scene has a number."""

    error1: float | None
    error2: float | None
    aligned1: float | None
    aligned2: float | None
    abs_rel1: float | None
    abs_rel2: float | None
    delta1: float | None
    delta2: float | None
    rotation_deg: float | None  # of the scenes in which a pose was found
    direction_deg: float | None
    pixels: float | None
    psnr: float | None
    ssim: float | None
    perceptual: float | None
    psnr_aligned: float | None
    ssim_aligned: float | None
    perceptual_aligned: float | None
    with_points: float  # share of scenes that have points
    with_pose: float  # share of scenes that have a pose

    @classmethod
    def over(cls, scores: Scores, chosen: Tensor) -> Summary:
        """The summary of the scenes chosen by (S,) bool."""
        values = {f.name: _median(getattr(scores, f.name)[chosen]) for f in fields(scores)}
        return cls(
            **values,
            with_points=_share(scores.aligned1[chosen].isfinite()),
            with_pose=_share(scores.rotation_deg[chosen].isfinite()),
        )


@dataclass(frozen=True)
class Range:
    """Scenes by the distance of their cameras over the median depth of the first photo."""

    low: float
    high: float | None  # None: no upper end
    num_scenes: int

    @property
    def title(self) -> str:
        """For people."""
        if self.high is None:
            return "all baselines" if not self.low else f"above {self.low:.0%}"
        return f"{self.low:.0%} to {self.high:.0%}" if self.low else f"below {self.high:.0%}"


@dataclass(frozen=True)
class PhotoSummary:
    """Of scenes made of photos; None where no scene has a number. `photos` defines them."""

    aligned1: float | None  # medians of the relative point errors after one scale per scene
    aligned2: float | None
    rotation_deg: float | None  # medians, of the scenes in which a pose was found
    direction_deg: float | None
    focal: float | None  # median of |focal length / truth - 1|
    psnr: float | None  # mean, dB, novel views where a photo shows the place
    psnr_whole: float | None  # mean, dB, whole novel views

    @classmethod
    def over(cls, rows: Sequence[Mapping[str, float]]) -> PhotoSummary:
        """The summary of scenes; each row has some of the numbers by name."""
        columns = {
            f.name: torch.tensor([row.get(f.name, math.nan) for row in rows], dtype=torch.float64)
            for f in fields(cls)
        }
        return cls(
            **{
                name: (_mean if name.startswith("psnr") else _median)(column)
                for name, column in columns.items()
            }
        )


@dataclass(frozen=True)
class PhotoEvaluation:
    """What `reconstruct` makes of two photos: as predicted, and refined with the photos."""

    first_seed: int
    num_scenes: int
    num_targets: int
    answered: float  # share of the scenes in which the photos decided
    worse: float  # share of them whose points are more than 1.1x worse than the network's
    network: PhotoSummary
    refined: PhotoSummary  # scenes without an answer count with the network's numbers
    plane: PhotoSummary  # the nearer photo, moved by the true pose as if it showed a plane
    exact: PhotoSummary  # one splat per pixel of exact geometry: what footprints can reach

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PhotoEvaluation:
        """From plain values."""
        plain = dict(values)
        for name in PHOTO_METHODS:
            plain[name] = PhotoSummary(**values[name])
        return cls(**plain)


@dataclass(frozen=True)
class Evaluation:
    """A network and the methods it is compared with, on the same scenes.

    Each method has one `Summary` per entry of `ranges`; the first entry is all scenes.
    """

    image_size: int
    first_seed: int
    num_scenes: int
    num_targets: int  # held-out views of each scene
    plane_metres: float  # depth of the plane of `constant_depth`
    ranges: tuple[Range, ...]
    network: tuple[Summary, ...]
    first_photo_twice: tuple[Summary, ...]  # the second picture replaced by the first
    mean_points: tuple[Summary, ...]  # mean point map of training scenes
    constant_depth: tuple[Summary, ...]  # the best plane parallel to the picture
    identity_pose: tuple[Summary, ...]  # the cameras assumed to coincide
    stereo: tuple[Summary, ...]  # classical, OpenCV
    network_where_stereo: tuple[Summary, ...]  # the network on the pixels that stereo answers
    nearest_photo: tuple[Summary, ...]  # target views painted with the nearer photo
    nearest_photo_on_plane: tuple[Summary, ...]  # the same, moved as if it showed a plane
    error_by_decile: tuple[float, ...]  # median error of a scene's pixels, least confident first
    less_sure_half: float  # the same of the halves
    surer_half: float
    photos: PhotoEvaluation | None = None  # if it was asked for

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Evaluation:
        """Inverse of `to_json`."""
        plain = dict(values)
        plain["ranges"] = tuple(Range(**item) for item in values["ranges"])
        plain["error_by_decile"] = tuple(values["error_by_decile"])
        for name in METHODS:
            plain[name] = tuple(Summary(**item) for item in values[name])
        photos = values.get("photos")
        plain["photos"] = None if photos is None else PhotoEvaluation.from_json(photos)
        return cls(**plain)


METHODS = {
    "network": "this network",
    "first_photo_twice": "this network, first photo given twice",
    "mean_points": "mean point map of training scenes",
    "constant_depth": "best plane of constant depth",
    "identity_pose": "cameras taken to coincide",
    "stereo": "classical stereo, where it has an answer",
    "network_where_stereo": "this network, on the same pixels",
    "nearest_photo": "the nearer photo as it is",
    "nearest_photo_on_plane": "the nearer photo, moved as a plane",
}
"""The fields of `Evaluation` that are methods, and their names in tables."""

PHOTO_METHODS = {
    "network": "this network",
    "refined": "refined with the photos",
    "plane": "the nearer photo, moved as a plane by the true pose",
    "exact": "exact geometry, one splat per pixel",
}
"""The same of `PhotoEvaluation`."""


def _median(values: Tensor) -> float | None:
    values = values[~values.isnan()]
    return float(values.double().quantile(0.5)) if len(values) else None


def _mean(values: Tensor) -> float | None:
    values = values[~values.isnan()]
    return float(values.mean()) if len(values) else None


def _share(found: Tensor) -> float:
    return float(found.float().mean()) if len(found) else 0.0

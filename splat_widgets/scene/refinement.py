"""What the photos themselves say of a scene: the verdict of matching them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import torch
from torch import Tensor

from splat_widgets.photos.exposure import Exposure, Factors

Reason = Literal[
    "",  # answered
    "one_photo",
    "same_photo",
    "few_matches",
    "rotation_only",
    "small_share",
    "focal_at_bound",
    "mirrored",
    "blank",
    "too_wide",
    "bad_cameras",
]
"""Why the photos gave no answer; `refinement/verdict.py` holds the sentences."""


METRES_SENTENCE = "Sizes in metres are a guess of the {model}."
"""The notice of a scene whose unit of length is a network's."""


@dataclass(frozen=True)
class PairVerdict:
    """What two photos have in common."""

    photos: tuple[int, int]  # indices into the scene's photos
    num_matches: int
    num_inliers: int
    parallax_deg: float  # median angle between the rays of an inlier; 0 without inliers
    reason: Reason  # "" if the pair was solved


@dataclass(frozen=True, repr=False)
class Refinement:
    """Whether the photos determine cameras and depth, and what was done with that.

    Per-photo entries are in the order of the scene's photos.
    """

    answered: bool  # the photos determine cameras and depth
    applied: bool  # depth and Gaussians come from them; else they are the network's
    reason: Reason  # "" if answered
    sentence: str  # the verdict in words
    pairs: tuple[PairVerdict, ...]
    focal_px_before: tuple[float | None, ...]  # the network's, in pixels of the upright photo
    focal_px_after: tuple[float | None, ...]  # in pixels of the upright photo
    reprojection_error_px: tuple[float | None, ...]  # median, in pixels of the upright photo
    checked_shares: tuple[float, ...]  # share of each photo's pixels that two photos agree on
    metres: Literal["given", "model", "unknown"]  # whose unit of length the scene has
    left_out: tuple[str, ...] = ()  # names of photos that connect with no other
    exposures: tuple[Factors, ...] = ()
    """Factors on red, green and blue light of each photo by which, after `contrasts`, the Gaussians
    of all have one exposure; () where all have their own."""
    contrasts: tuple[float, ...] = ()
    """Exponents on the light of each photo over mid grey (0.18), before the factors; (), of older
    scenes and where all have their own exposure, as 1."""

    @property
    def tones(self) -> tuple[Exposure, ...]:
        """How the light of each photo was changed; () where it was not."""
        contrasts = self.contrasts or (1.0,) * len(self.exposures)
        both = zip(self.exposures, contrasts, strict=True)
        return tuple(Exposure(factors, contrast) for factors, contrast in both)

    def toned(self, tones: Sequence[Exposure]) -> Refinement:
        """The same of photos whose light was changed so; of none: of photos as they are."""
        return replace(
            self,
            exposures=tuple(tone.factors for tone in tones),
            contrasts=tuple(tone.contrast for tone in tones),
        )

    def __repr__(self) -> str:
        state = "applied" if self.applied else "answered" if self.answered else self.reason
        return f"Refinement({state}: {self.sentence})"

    @property
    def num_matches(self) -> int:
        """Matches of all pairs."""
        return sum(pair.num_matches for pair in self.pairs)

    @property
    def num_inliers(self) -> int:
        """Inliers of all pairs."""
        return sum(pair.num_inliers for pair in self.pairs)

    @property
    def parallax_deg(self) -> float:
        """Of the pair with the most inliers."""
        best = max(self.pairs, key=lambda pair: pair.num_inliers, default=None)
        return 0.0 if best is None else best.parallax_deg


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """What the photos say of each Gaussian of a refined scene."""

    checked: Tensor  # (N,) bool: two photos agree on its depth
    depth_change: Tensor  # (N,) refined over predicted depth in its own photo; 1 is unchanged
    match_error: Tensor  # (N,) in [0, 1]: (1 - correlation of the photos) / 2 at its depth
    predicted_row: Tensor  # (N,) int64: the Gaussian of `predicted` in whose pixel it lies

    def __repr__(self) -> str:
        return f"Evidence({int(self.checked.sum()):,} of {len(self.checked):,} Gaussians checked)"

    def select(self, index: Tensor) -> Evidence:
        """Of the Gaussians at (M,) indices."""
        return self._each(lambda values: values[index])

    def to(self, device: torch.device | str) -> Evidence:
        """Copy on another device."""
        return self._each(lambda values: values.to(device))

    def joined(self, other: Evidence) -> Evidence:
        """Of these Gaussians and then of others."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Evidence(*map(torch.cat, pairs))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Evidence:
        return Evidence(*(change(getattr(self, field.name)) for field in fields(self)))

"""What every model offers: tokens of a photo, and per-pixel Gaussians from the tokens of several.

A family of models is one folder beside this file with a class of these members; nothing above
`models/` knows how a model works inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

from splat_widgets.photos.photo import Photo
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.provenance import Provenance

Tokens = Any
"""What `Predictor.encode` makes of one photo. Only the predictor that made it looks inside."""

OnStep = Callable[[str, int, int], object]
"""Called before each step with the stage's name, the steps done and their number.

What it raises ends the work: that is how a run is cancelled.
"""


@dataclass(frozen=True)
class Stage:
    """A part of a run, as it is timed and shown."""

    name: str  # in `Timings` and `Progress`
    label: str  # in panels
    share: float  # usual part of the run's time, full-size model on a CPU; keeps the bar even


@dataclass(frozen=True, eq=False)
class Group:
    """Photos that were predicted together, in one frame."""

    photos: tuple[int, ...]  # indices into the photos that were encoded; one may occur twice
    maps: tuple[PhotoMaps, ...]  # one per entry of `photos`, frame of the first one's camera


@dataclass(frozen=True, eq=False)
class Prediction:
    """All groups of photos that a model predicted; maps have no batch axis."""

    groups: tuple[Group, ...]
    notices: tuple[str, ...] = ()  # lines for the user: what was done otherwise than asked


class Described(Protocol):
    """What is known of a model with its weights, wherever it computes."""

    @property
    def image_size(self) -> int:
        """Side of the square crops that the model was trained on, px."""
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
        """Where the weights live."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Type that most of the model computes in."""
        ...

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that it reports, in their order."""
        ...


@runtime_checkable
class Predictor(Described, Protocol):
    """A model with its weights. Used from any thread and only read.

    Its `stages` are those of `encode` and `predict`.
    """

    def encode(self, photo: Photo, report: OnStep) -> Tokens:
        """What the model needs to know of one photo; called once for each."""
        ...

    def predict(
        self, tokens: Sequence[Tokens], pairs: Sequence[tuple[int, int]], report: OnStep
    ) -> Prediction:
        """Per-pixel Gaussians.

        Args:
            tokens: of all photos.
            pairs: which photos a pair network puts together, as indices; (0, 0) pairs a photo with
                itself. A model that takes many photos at once ignores them.
            report: progress and cancellation.
        """
        ...


def part_of(report: OnStep, index: int, count: int) -> OnStep:
    """A report for piece `index` of `count` equal pieces of a stage."""
    return lambda stage, done, total: report(stage, index * total + done, count * total)

"""What a file says of its scene beside the Gaussians, and what was found when it was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.placement import Placement

Frame = Literal["first_camera", "given", "placed", "unknown"]
"""Whose axes, origin and unit of length a scene has.

The first camera's (OpenCV axes, metres), those of the cameras that a user gave, those that a user
moved it to since, or nobody knows: of files that other programs wrote, and of Gaussians alone.
"""

Column = Literal["opacity", "scale"]
"""Columns that a file keeps encoded: opacities as logits, scales as logarithms."""

LOOKS_PLAIN = ("The column opacity looks plain", "The columns scale_0 to scale_2 look plain")
"""How the notices on suspected columns begin."""

Offset = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Stored:
    """Columns of a file that seem to hold plain values where encoded ones belong."""

    opacities: Tensor | None = None  # (N,) as the file has them; None: not suspected
    scales: Tensor | None = None  # (N, 3) as the file has them

    @property
    def columns(self) -> tuple[Column, ...]:
        """Names of the suspected columns."""
        found: list[Column] = []
        if self.opacities is not None:
            found.append("opacity")
        if self.scales is not None:
            found.append("scale")
        return tuple(found)

    def put_into(self, gaussians: Gaussians) -> Gaussians:
        """The Gaussians with these columns taken as plain values; a scale of 0 vanishes."""
        changed = {}
        if self.opacities is not None:
            changed["opacities"] = self.opacities.to(gaussians.opacities).clamp(0, 1)
        if self.scales is not None:
            smallest = torch.finfo(torch.float32).tiny
            changed["scales"] = self.scales.to(gaussians.scales).clamp(min=smallest)
        return replace(gaussians, **changed)


@dataclass(frozen=True, eq=False)
class Source:
    """The file that a scene was read from, without its path; entries follow the Gaussians."""

    comments: tuple[str, ...] = ()  # its own lines, without those that we write into every file
    notices: tuple[str, ...] = ()  # what was left out or looks wrong, in sentences
    frame: Frame = "unknown"
    offset: Offset = (0.0, 0.0, 0.0)  # add it to the means for the file's coordinates
    rest: Tensor | None = None  # (N, 3) float64, what float32 means lose of the file's doubles
    stored: Stored = Stored()
    placement: Placement | None = None  # where it was put since it was read; None: as read

    def check(self, count: int) -> None:
        """ValueError unless what it keeps per Gaussian is of `count` Gaussians."""
        for kept in (self.rest, self.stored.opacities, self.stored.scales):
            if kept is not None and len(kept) != count:
                raise ValueError(f"expected a source of {count} Gaussians, got one of {len(kept)}")

    def coordinates(self, means: Tensor) -> Tensor:
        """(N, 3) float64 coordinates of means, as the file has them."""
        moved = means.detach().cpu().double()
        if self.rest is not None:
            moved = moved + self.rest
        return moved + moved.new_tensor(self.offset)

    def transformed(self, factor: float, placement: Placement) -> Source:
        """Of Gaussians that were put elsewhere: the file's own coordinates are not theirs any more.

        Args:
            factor: scale of all lengths.
            placement: where they are now.
        """
        scales = self.stored.scales
        stored = replace(self.stored, scales=None if scales is None else scales * factor)
        return replace(
            self,
            frame="placed",
            offset=(0.0, 0.0, 0.0),
            rest=None,
            stored=stored,
            placement=placement,
        )

    def settled(self) -> Source:
        """Without suspected columns, after they were read as they stand."""
        kept = (line for line in self.notices if not line.startswith(LOOKS_PLAIN))
        return replace(self, stored=Stored(), notices=tuple(kept))

    def select(self, index: Tensor) -> Source:
        """Of the Gaussians at (M,) indices or at a boolean mask (N,)."""

        def part(values: Tensor | None) -> Tensor | None:
            return None if values is None else values[index.to(values.device)]

        stored = Stored(part(self.stored.opacities), part(self.stored.scales))
        return replace(self, rest=part(self.rest), stored=stored)

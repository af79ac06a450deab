"""One photo with all that is known of it, and what the sweep of its depth found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from splat_widgets.refinement import check, grids
from splat_widgets.refinement.aggregation import Winners
from splat_widgets.refinement.correction import CorrectedPrior
from splat_widgets.refinement.records import Pose, Shot


@dataclass(frozen=True, eq=False)
class View:
    """A photo, its camera, and the network's depth on a grid over its window."""

    shot: Shot
    pose: Pose  # world to camera
    focal_sides: float
    prior: CorrectedPrior
    count: int  # edge n of the grid

    @property
    def rays(self) -> np.ndarray:
        """(n, n, 3)."""
        return grids.rays(self.shot.window, self.focal_sides, self.count)

    @property
    def pitch(self) -> float:
        """Distance of two pixels of the grid over their depth."""
        return self.shot.window.size / self.count / self.focal_sides

    def to(self, other: View) -> Pose:
        """From this camera to another one."""
        return other.pose.after(self.pose.inverse)

    def known(self, other: View, depth: np.ndarray) -> check.Known:
        """What another photo's depth says of the points of this one."""
        pose = self.to(other)
        return check.Known(
            depth,
            grids.to_grid(other.shot.window, other.focal_sides, pose, other.count),
            np.append(pose.R[2], pose.t[2]),
        )


@dataclass(frozen=True, eq=False)
class Swept:
    """What the sweep of one photo found."""

    depth: np.ndarray  # (n, n)
    winners: Winners
    grey: np.ndarray  # (n, n) float32

"""The records that the steps of a refinement hand on. Arrays are numpy, float64 unless said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from splat_widgets.scene.refinement import Reason


@dataclass(frozen=True)
class Window:
    """The square of a photo that the network saw and that gets Gaussians, in sides."""

    left: float  # of its left edge, from the principal point
    top: float  # of its upper edge
    size: float

    def centres(self, count: int) -> np.ndarray:
        """(count, count, 2) x, y of the centres of a grid of pixels over the window."""
        steps = (np.arange(count) + 0.5) / count * self.size
        x, y = np.meshgrid(self.left + steps, self.top + steps)
        return np.stack([x, y], -1)

    def to_pixels(self, sides: np.ndarray, count: int) -> np.ndarray:
        """(..., 2) x, y in pixels of a grid over the window, from its corner; may lie outside."""
        return (sides - np.array([self.left, self.top])) * (count / self.size)


@dataclass(frozen=True, eq=False)
class Shot:
    """One photo as geometry sees it."""

    picture: np.ndarray  # (H, W, 3) uint8 RGB: the whole upright photo, at a working resolution
    window: Window
    principal_px: tuple[float, float]  # x, y in pixels of `picture`, from its corner
    focal_sides: float | None = None  # known focal length; None: to be estimated

    @property
    def side_px(self) -> int:
        """Short side of the picture in its pixels: the unit of image coordinates."""
        return min(self.picture.shape[:2])

    def to_sides(self, xy_px: np.ndarray) -> np.ndarray:
        """(..., 2) image coordinates of x, y in pixels of `picture`, from its corner."""
        return (xy_px - np.array(self.principal_px)) / self.side_px

    def to_pixels(self, sides: np.ndarray) -> np.ndarray:
        """Inverse of `to_sides`."""
        return sides * self.side_px + np.array(self.principal_px)

    def with_principal(self, offset: tuple[float, float]) -> Shot:
        """Another principal point, by (x, y) sides; the window stays where it is in the photo."""
        x, y = offset
        window = replace(self.window, left=self.window.left - x, top=self.window.top - y)
        px, py = self.principal_px
        principal = (px + x * self.side_px, py + y * self.side_px)
        return replace(self, window=window, principal_px=principal)


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid motion between two cameras: x_second = R @ x_first + t."""

    R: np.ndarray  # (3, 3)
    t: np.ndarray  # (3,) in scene units

    @property
    def inverse(self) -> Pose:
        """From the second camera to the first."""
        return Pose(self.R.T, -self.R.T @ self.t)

    def after(self, first: Pose) -> Pose:
        """This motion after another one."""
        return Pose(self.R @ first.R, self.R @ first.t + self.t)

    def apply(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) points of the first camera in the second."""
        return points @ self.R.T + self.t


@dataclass(frozen=True, eq=False)
class PairPrior:
    """What the network says of two photos, on its pixel grid over their windows."""

    depths: tuple[np.ndarray, np.ndarray]  # (S, S) along each photo's own optical axis, > 0
    confidences: tuple[np.ndarray, np.ndarray]  # (S, S) of the points
    focal_sides: float | None  # of both photos; None if the points give none
    pose: Pose | None  # second from first; None if the points give none


@dataclass(frozen=True, eq=False)
class Features:
    """Corners and blobs of one picture."""

    xy_px: np.ndarray  # (N, 2) in pixels of the picture, from its corner
    descriptors: np.ndarray  # (N, 128) float32 of unit length
    closer: Callable[[], Features] | None = None
    """Gives these with weaker ones after them, for photos that these hardly connect."""

    def __len__(self) -> int:
        return len(self.xy_px)


@dataclass(frozen=True, eq=False)
class Matches:
    """Points of two photos that look alike."""

    first: np.ndarray  # (M, 2) sides
    second: np.ndarray  # (M, 2) sides
    first_index: np.ndarray  # (M,) int64 rows of the first photo's features
    second_index: np.ndarray  # (M,) int64
    looser: Matches | None = None
    """Further ones that look alike less clearly: too many are chance to find cameras by them."""
    has_weak: bool = False  # some were of weak features, whose places along edges are not exact

    def __len__(self) -> int:
        return len(self.first)

    def select(self, which: np.ndarray) -> Matches:
        """The matches at indices, or where a mask is true; without looser ones."""
        return Matches(
            self.first[which],
            self.second[which],
            self.first_index[which],
            self.second_index[which],
            has_weak=self.has_weak,
        )

    def thinned(self, count: int) -> Matches:
        """At most so many of them, spread over the list."""
        if len(self) <= count:
            return self
        return self.select(np.linspace(0, len(self) - 1, count).round().astype(int))

    @property
    def swapped(self) -> Matches:
        """The same with the photos in the other order."""
        looser = None if self.looser is None else self.looser.swapped
        columns = self.second, self.first, self.second_index, self.first_index
        return Matches(*columns, looser, self.has_weak)

    @property
    def with_looser(self) -> Matches:
        """All of them, the clear ones first."""
        if self.looser is None:
            return self
        more = self.looser
        return Matches(
            np.concatenate([self.first, more.first]),
            np.concatenate([self.second, more.second]),
            np.concatenate([self.first_index, more.first_index]),
            np.concatenate([self.second_index, more.second_index]),
            has_weak=self.has_weak,
        )


@dataclass(frozen=True, eq=False)
class PairGeometry:
    """Pose, focal lengths and depth of the matches of two photos: a bundle's answer."""

    pose: Pose  # second from first, in the prior's units
    focals_sides: tuple[float, float]
    matches: Matches  # the inliers
    depths: np.ndarray  # (M,) of the inliers along the first photo's optical axis
    errors: np.ndarray  # (M,) reprojection errors in sides
    cost: float  # of the bundle, to compare two answers to the same matches
    parallax_deg: float  # median angle between the two rays of an inlier
    focal_at_bound: bool


@dataclass(frozen=True, eq=False)
class SparseDepths:
    """Points of one photo whose depth matches with other photos give."""

    sides: np.ndarray  # (M, 2) image coordinates; may lie outside the window
    depths: np.ndarray  # (M,) along the photo's optical axis, scene units, > 0


@dataclass(frozen=True, eq=False)
class PairAnswer:
    """What the matches of two photos say of their cameras."""

    geometry: PairGeometry | None  # None unless answered
    runner_up: PairGeometry | None  # another pose that explains the matches nearly as well
    num_matches: int
    num_inliers: int
    parallax_deg: float  # 0 without inliers
    reason: Reason  # "" if answered
    focal_refuted: bool = False  # known focal lengths do not fit the matches; estimated ones do
    zoom_doubtful: bool = False  # answered with one focal length; two others fit as well

    @property
    def answered(self) -> bool:
        """Whether the matches determine the cameras."""
        return self.geometry is not None


@dataclass(frozen=True, eq=False)
class DenseDepth:
    """Depth of one photo on its grid of Gaussians."""

    depth: np.ndarray  # (n, n) along the optical axis, scene units
    checked: np.ndarray  # (n, n) bool: two photos agree on it
    match_error: np.ndarray  # (n, n) float32 in [0, 1]: (1 - correlation) / 2 at that depth
    prior: np.ndarray  # (n, n) the network's depth, fitted to the matches


@dataclass(frozen=True, eq=False)
class SetGeometry:
    """Cameras of a set of photos and sparse points: a bundle's answer. One entry per photo."""

    poses: tuple[Pose | None, ...]  # from one registered photo's camera; None: left out
    focals_sides: tuple[float, ...]  # of photos that are left out: what was assumed
    principal_sides: tuple[tuple[float, float], ...]  # x, y of the principal point from the shot's
    sparse: tuple[SparseDepths, ...]  # image coordinates are from the principal point found here
    errors_sides: tuple[float, ...]  # median reprojection error; NaN without points
    num_tracks: int  # points that at least two photos see
    num_long_tracks: int  # by at least three
    weak: tuple[int, ...]  # registered, but hardly by points that three photos see: less sure
    left_out: tuple[int, ...]  # photos without a pose

    @property
    def registered(self) -> tuple[int, ...]:
        """Photos with a pose."""
        return tuple(index for index, pose in enumerate(self.poses) if pose is not None)

    def shots(self, shots: Sequence[Shot]) -> tuple[Shot, ...]:
        """The photos with the focal lengths and principal points that were found."""
        given = zip(shots, self.focals_sides, self.principal_sides, strict=True)
        return tuple(
            replace(shot.with_principal(offset), focal_sides=focal) for shot, focal, offset in given
        )

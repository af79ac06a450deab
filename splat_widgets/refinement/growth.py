"""A set grows photo by photo: each is placed by the points it shows, and a bundle follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from splat_widgets.refinement.absolute_pose import absolute_pose
from splat_widgets.refinement.epipolar import PX
from splat_widgets.refinement.joint_bundle import Cameras, Lenses, bundle
from splat_widgets.refinement.records import PairGeometry, Pose
from splat_widgets.refinement.tracks import Tracks
from splat_widgets.refinement.triangulation import triangulated

MIN_POINTS = 15
"""To place further photos on."""
MIN_PNP_INLIERS, MIN_PNP_SHARE = 12, 0.3
_START_TOLERANCE = 8 * PX  # the pair was solved with a focal length of its own
_PAIR_TOLERANCE, _GROWING_TOLERANCE, _PNP_TOLERANCE = 2 * PX, 4 * PX, 4 * PX
_GROWING_STEPS = 12
_ENOUGH_PARALLAX_DEG = 6.0


@dataclass(frozen=True, eq=False)
class Grown:
    """Cameras of all photos; those of photos that are not registered mean nothing."""

    cameras: Cameras
    registered: tuple[int, ...]  # in the order in which they were placed; the first is the origin


def start_order(pairs: Mapping[tuple[int, int], PairGeometry]) -> list[tuple[int, int]]:
    """Pairs to start from, the best first: many inliers under a clear parallax."""

    def worth(edge: tuple[int, int]) -> float:
        pair = pairs[edge]
        return len(pair.matches) * min(pair.parallax_deg, _ENOUGH_PARALLAX_DEG)

    return sorted(pairs, key=lambda edge: (-worth(edge), edge))


def grow(
    tracks: Tracks, start: tuple[int, int], pose: Pose, lenses: Lenses, lens: np.ndarray
) -> Grown:
    """Photos that can be placed from a pair on.

    Args:
        tracks: of all photos.
        start: the pair.
        pose: of its second photo from the first, which becomes the origin.
        lenses: of all photos, to start from.
        lens: (P,) the lens of each photo.
    """
    P = len(lens)
    cameras = Cameras(
        np.tile(np.eye(3), (P, 1, 1)), np.zeros((P, 3)), lens, lenses, np.ones(P, bool)
    )
    grown = placed(Grown(cameras, (start[0],)), start[1], pose)
    grown, *_ = settled(grown, tracks, _START_TOLERANCE, _GROWING_STEPS)
    refused: set[int] = set()
    while True:
        grown, _, points, numbers = settled(grown, tracks, _tolerance(grown), _GROWING_STEPS)
        if len(points) < MIN_POINTS:
            return grown
        following = _next(grown, tracks, points, numbers, refused)
        if following is None:
            return grown
        photo, found = following
        if found is None:
            refused.add(photo)
            continue
        grown, refused = placed(grown, photo, found), set()


def settled(
    grown: Grown, tracks: Tracks, tolerance: float, num_steps: int
) -> tuple[Grown, Tracks, np.ndarray, np.ndarray]:
    """After triangulating anew and a bundle: the set, tracks, points and their numbers."""
    inside = np.isin(tracks.photo, grown.registered)
    known, kept = tracks.keep(inside)
    known, points, numbers = triangulated(known, grown.cameras, tolerance)
    if len(points) < MIN_POINTS:
        return grown, known, points, kept[numbers]
    cameras, points = bundle(known, _loosened(grown), points, num_steps=num_steps)
    free = grown.cameras.lenses.focal_free
    cameras = replace(cameras, lenses=replace(cameras.lenses, focal_free=free))
    return replace(grown, cameras=cameras), known, points, kept[numbers]


def _loosened(grown: Grown) -> Cameras:
    """Cameras with the poses of all registered photos but the first free.

    Two photos do not carry a focal length: theirs stays.
    """
    cameras = grown.cameras
    fixed = np.ones(len(cameras.t), bool)
    fixed[list(grown.registered[1:])] = False
    if len(grown.registered) > 2:
        return replace(cameras, fixed=fixed)
    closed = replace(cameras.lenses, focal_free=np.zeros(len(cameras.lenses.log_focal), bool))
    return replace(cameras, fixed=fixed, lenses=closed)


def _tolerance(grown: Grown) -> float:
    return _PAIR_TOLERANCE if len(grown.registered) == 2 else _GROWING_TOLERANCE


def placed(grown: Grown, photo: int, pose: Pose) -> Grown:
    """The set with one more photo; pose: world to camera."""
    cameras = grown.cameras
    R, t = cameras.R.copy(), cameras.t.copy()
    R[photo], t[photo] = pose.R, pose.t
    return Grown(replace(cameras, R=R, t=t), (*grown.registered, photo))


def _next(
    grown: Grown, tracks: Tracks, points: np.ndarray, numbers: np.ndarray, refused: set[int]
) -> tuple[int, Pose | None] | None:
    """The photo that shows most points, and its pose if they give one; None if none is left."""
    row = np.full(len(tracks), -1)
    row[numbers] = np.arange(len(numbers))
    visible = row[tracks.point] >= 0
    counts = np.bincount(tracks.photo[visible], minlength=len(grown.cameras.t))
    counts[list({*grown.registered, *refused})] = 0
    photo = int(counts.argmax())
    if counts[photo] < MIN_PNP_INLIERS:
        return None
    mine = np.flatnonzero(visible & (tracks.photo == photo))
    lenses, number = grown.cameras.lenses, grown.cameras.lens[photo]
    found = absolute_pose(
        tracks.sides[mine] - lenses.principal[number],
        points[row[tracks.point[mine]]],
        float(np.exp(lenses.log_focal[number])),
        _PNP_TOLERANCE,
    )
    if found is None:
        return photo, None
    pose, inliers = found
    enough = inliers.sum() >= max(MIN_PNP_INLIERS, MIN_PNP_SHARE * len(mine))
    return photo, pose if enough else None

"""The record of a solved set, in the order of the user's photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from splat_widgets.refinement.growth import Grown
from splat_widgets.refinement.joint_bundle import Cameras
from splat_widgets.refinement.records import PairPrior, Pose, SetGeometry, Shot, SparseDepths
from splat_widgets.refinement.tracks import Tracks

Edge = tuple[int, int]


def set_geometry(
    shots: Sequence[Shot],
    place: Mapping[int, int],
    grown: Grown,
    tracks: Tracks,
    points: np.ndarray,
    weak: set[int],
    priors: Mapping[Edge, PairPrior],
) -> SetGeometry:
    """The record, in the frame of the photo with a pose that comes first in the solved set.

    Not of the user's first photo: depths would differ by the rounding of each order's frame.

    Args:
        shots: in the user's order.
        place: number of each of them in the solved set.
        grown: the solved set.
        tracks: of its last bundle.
        points: of the tracks, in the frame of the solved set.
        weak: numbers in the solved set of photos that hardly share points with two others.
        priors: the network's, of pairs in the user's order; they give the unit of length.
    """
    cameras, P = grown.cameras, len(shots)
    lens = [int(cameras.lens[place[photo]]) for photo in range(P)]
    registered = [photo for photo in range(P) if place[photo] in grown.registered]
    seen = [_points_of(cameras, tracks, points, place[photo]) for photo in range(P)]
    principal = [cameras.lenses.principal[number] for number in lens]
    scale = _metres(shots, seen, principal, priors)
    poses: list[Pose | None] = [None] * P
    origin = min(registered, key=lambda photo: place[photo])
    first = Pose(cameras.R[place[origin]], cameras.t[place[origin]])
    for photo in registered:
        here = Pose(cameras.R[place[photo]], cameras.t[place[photo]]).after(first.inverse)
        poses[photo] = Pose(here.R, here.t * scale)
    poses[origin] = Pose(np.eye(3), np.zeros(3))
    scaled = tuple(replace(one, depths=one.depths * scale) for one in seen)
    lengths = tracks.lengths
    return SetGeometry(
        poses=tuple(poses),
        focals_sides=tuple(float(np.exp(cameras.lenses.log_focal[g])) for g in lens),
        principal_sides=tuple((float(x), float(y)) for x, y in principal),
        sparse=scaled,
        errors_sides=tuple(_median_errors(cameras, tracks, points, place)),
        num_tracks=len(lengths),
        num_long_tracks=int((lengths >= 3).sum()),
        weak=tuple(photo for photo in registered if place[photo] in weak),
        left_out=tuple(photo for photo in range(P) if photo not in registered),
    )


def _points_of(cameras: Cameras, tracks: Tracks, points: np.ndarray, photo: int) -> SparseDepths:
    mine = np.flatnonzero(tracks.photo == photo)
    depths = points[tracks.point[mine]] @ cameras.R[photo][2] + cameras.t[photo][2]
    principal = cameras.lenses.principal[cameras.lens[photo]]
    return SparseDepths(tracks.sides[mine] - principal, depths)


def _median_errors(
    cameras: Cameras, tracks: Tracks, points: np.ndarray, place: Mapping[int, int]
) -> list[float]:
    """Reprojection errors in sides of each of the user's photos; NaN without points."""
    errors = cameras.errors(tracks, points)
    found = (errors[tracks.photo == place[photo]] for photo in range(len(place)))
    return [float(np.median(one)) if len(one) else float("nan") for one in found]


def _metres(
    shots: Sequence[Shot],
    seen: Sequence[SparseDepths],
    principal: Sequence[np.ndarray],
    priors: Mapping[Edge, PairPrior],
) -> float:
    """Scene units of the network in one unit of the set: the median over all points it sees."""
    logs = []
    for edge, prior in priors.items():
        for side, photo in enumerate(edge):
            if len(seen[photo].depths) and (side == 0 or prior.pose is not None):
                depth = prior.depths[side]
                sides = seen[photo].sides + principal[photo]
                at = shots[photo].window.to_pixels(sides, len(depth))
                inside = ((at >= 0) & (at < len(depth))).all(1)
                column, row = np.floor(at[inside]).astype(int).T
                ratios = depth[row, column] / seen[photo].depths[inside]
                logs.append(np.log(ratios[ratios > 0]))  # noise may put a point behind a camera
    found = np.concatenate(logs) if logs else np.zeros(0)
    return float(np.exp(np.median(found))) if len(found) else 1.0

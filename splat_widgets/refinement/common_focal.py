"""One focal length for a whole set, and its pairs solved anew with it.

A pair alone hardly tells its focal length from its pose, and its prior pulls. All pairs together
do: over a scan of focal lengths, the five-point solver explains most matches best at the true one.
With a known focal length pairs have hardly any wrong minima, and fewer inliers are enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from splat_widgets.refinement.confirmed import is_confirmed
from splat_widgets.refinement.epipolar import (
    PX,
    ahead_of_both,
    epipolar_distances,
    parallaxes_deg,
    rays,
    triangulate,
)
from splat_widgets.refinement.pair_search import FOCAL_SIDES
from splat_widgets.refinement.records import Matches, PairGeometry
from splat_widgets.refinement.starts import FOCAL_RANGE, relative_pose
from splat_widgets.refinement.verdict import TURNED_SHARE

Edge = tuple[int, int]

_CLOSE = 1.5 * PX
_STEP = 0.1  # of the logarithm of the focal length, of the scan; its peak is narrow
_SCAN = 4  # steps to each side of the start and of the usual focal length
_SCANNED_PAIRS, _MOST_SCANNED_PAIRS, _SCANNED_MATCHES = 6, 10, 100
_LARGEST_DIP = 0.06  # of a pair's score, between two higher ones
_MIN_SCANNED = 30  # matches of a pair that takes part in the scan
_MIN_INLIERS, _MIN_SHARE = 15, 0.4
_FEW_INLIERS = 8  # of a pose that looser matches confirm
_MIN_PARALLAX_DEG = 0.5


def scanned_focal(matches: Sequence[Matches], start: float) -> float:
    """The focal length in sides at which pairs of photos of one lens explain most of their matches.

    Args:
        matches: of the pairs; those with most matches are used, but for those that no pinhole
            explains.
        start: the scan spans it and the usual focal length; it is the answer if there is too little
            to tell.
    """
    strong = sorted((m for m in matches if len(m) >= _MIN_SCANNED), key=lambda m: -len(m))
    middles = [round(float(np.log(focal)) / _STEP) for focal in (start, FOCAL_SIDES)]
    steps = np.arange(min(middles) - _SCAN, max(middles) + _SCAN + 1)
    focals = np.clip(np.exp(_STEP * steps), *FOCAL_RANGE)
    told = []
    for one in strong[:_MOST_SCANNED_PAIRS]:
        thinned = one.thinned(_SCANNED_MATCHES)
        scores = np.array([_score(thinned, float(focal)) for focal in focals])
        if _dip(scores) < _LARGEST_DIP * scores.max():
            told.append(scores)
        if len(told) == _SCANNED_PAIRS:
            break
    if not told:
        return start
    total = np.sum(told, axis=0)
    best = int(total.argmax())
    if not 0 < best < len(steps) - 1:
        return float(focals[best])
    before, here, after = total[best - 1 : best + 2]
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(focals[best] * np.exp(_STEP * np.clip(shift, -0.5, 0.5)))


def solved_with(
    matches: Matches, focals_sides: tuple[float, float], known: PairGeometry | None
) -> PairGeometry | None:
    """Pose and depths of two photos with these focal lengths; None if few matches agree.

    Args:
        matches: of the pair.
        focals_sides: of both photos.
        known: what was found with other focal lengths; its unit of length is kept.
    """
    if len(matches) < _FEW_INLIERS:
        return None
    start = relative_pose(matches, focals_sides, _FEW_INLIERS)
    if start is None:
        return None
    pose = start.pose
    off = epipolar_distances(matches.first, matches.second, pose, focals_sides)
    first, second = (
        rays(sides, focal)
        for sides, focal in zip((matches.first, matches.second), focals_sides, strict=True)
    )
    depths = triangulate(first, second, pose)
    inliers = np.flatnonzero((off < _CLOSE) & ahead_of_both(first, depths, pose))
    if len(inliers) < max(_MIN_INLIERS, _MIN_SHARE * len(matches)) and not (
        len(inliers) >= _FEW_INLIERS and is_confirmed(matches, pose, focals_sides)
    ):
        return None
    depths = depths[inliers]
    parallax = float(np.median(parallaxes_deg(first[inliers] * depths[:, None], pose)))
    turned = _turned_share(first[inliers], second[inliers], focals_sides[1])
    if parallax < _MIN_PARALLAX_DEG or turned > TURNED_SHARE:
        return None
    scale = 1.0 if known is None else float(np.median(known.depths) / np.median(depths))
    return PairGeometry(
        pose=type(pose)(pose.R, pose.t * scale),
        focals_sides=focals_sides,
        matches=matches.select(inliers),
        depths=depths * scale,
        errors=off[inliers],
        cost=float("nan"),
        parallax_deg=parallax,
        focal_at_bound=False,
    )


def solved_anew(
    matches: Mapping[Edge, Matches],
    focals_sides: Sequence[float],
    known: Mapping[Edge, PairGeometry],
) -> dict[Edge, PairGeometry]:
    """All pairs that can be solved with the photos' focal lengths.

    Where nothing is found what was known stays.
    """
    found = {}
    for (i, j), one in matches.items():
        before = known.get((i, j))
        geometry = solved_with(one, (focals_sides[i], focals_sides[j]), before) or before
        if geometry is not None:
            found[i, j] = geometry
    return found


def _turned_share(first: np.ndarray, second: np.ndarray, focal: float) -> float:
    """Share of rays (N, 3) that a rotation takes to where the second photo shows them (Kabsch)."""
    one, other = (rays / np.linalg.norm(rays, axis=1, keepdims=True) for rays in (first, second))
    U, _, Vt = np.linalg.svd(other.T @ one)
    R = U @ np.diag([1, 1, np.linalg.det(U @ Vt)]) @ Vt
    there = first @ R.T
    off = focal * np.linalg.norm(there[:, :2] / there[:, 2:] - second[:, :2], axis=1)
    return float((off < _CLOSE).mean())


def _dip(scores: np.ndarray) -> float:
    """How far a score falls before it rises again.

    A rolling shutter bends what a walking camera sees: a pair with little parallax is then
    explained best by absurd focal lengths, both short and long.
    """
    left, right = np.maximum.accumulate(scores), np.maximum.accumulate(scores[::-1])[::-1]
    return float((np.minimum(left, right) - scores).max())


def _score(matches: Matches, focal: float) -> float:
    """How many matches the best pose explains, each by how well (MSAC, Torr 2000)."""
    start = relative_pose(matches, (focal, focal))
    if start is None:
        return 0.0
    off = epipolar_distances(matches.first, matches.second, start.pose, (focal, focal)) / PX
    return float(np.maximum(1 - off**2, 0).sum())

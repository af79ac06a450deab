"""Cameras that the user knows: only depth is left to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from splat_widgets.refinement.epipolar import (
    AGREES,
    epipolar_distances,
    parallaxes_deg,
    rays,
    triangulate,
)
from splat_widgets.refinement.records import Matches, Pose, Shot, SparseDepths
from splat_widgets.refinement.solution import Edge, Solution, pair_depths, unsolved
from splat_widgets.refinement.starts import relative_pose
from splat_widgets.refinement.verdict import MIN_INLIERS, too_few
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.refinement import PairVerdict, Reason

_DOUBTED_SHARE = 0.5  # of the matches: where given cameras explain fewer, others are tried
_CONTRADICTED_SHARE = 0.5  # of what other poses explain; a wrong camera explains some by chance


def pose_of(camera: Camera) -> Pose:
    """World to camera."""
    T = camera.T_camera_world.double().numpy()
    return Pose(T[:3, :3], T[:3, 3])


def shot_with(shot: Shot, camera: Camera) -> Shot:
    """The shot with the principal point of a camera in pixels of the upright photo."""
    side = min(camera.width, camera.height)
    x, y = camera.principal_point_px
    return shot.with_principal(((x - camera.width / 2) / side, (y - camera.height / 2) / side))


def solved_by(
    cameras: Sequence[Camera], shots: Sequence[Shot], matches: Mapping[Edge, Matches]
) -> Solution:
    """The given cameras, and depths of the matches that agree with them.

    Args:
        cameras: one for each photo, in pixels of the upright photo.
        shots: with principal points in the middle of the photos.
        matches: of all pairs, in sides from these principal points.
    """
    moved = [shot_with(shot, camera) for shot, camera in zip(shots, cameras, strict=True)]
    poses = [pose_of(camera) for camera in cameras]
    focals = [camera.focal_px / min(camera.width, camera.height) for camera in cameras]
    offsets = [
        np.array([old.window.left - new.window.left, old.window.top - new.window.top])
        for old, new in zip(shots, moved, strict=True)
    ]
    verdicts, errors = [], [[] for _ in shots]
    sparse: list[list[SparseDepths]] = [[] for _ in shots]
    for (i, j), found in matches.items():
        here, there = found.first - offsets[i], found.second - offsets[j]
        relative = poses[j].after(poses[i].inverse)
        off = epipolar_distances(here, there, relative, (focals[i], focals[j]))
        depths = triangulate(rays(here, focals[i]), rays(there, focals[j]), relative)
        good = np.flatnonzero((off < AGREES) & np.isfinite(depths) & (depths > 0))
        kept = replace(found.select(good), first=here[good], second=there[good])
        points = rays(kept.first, focals[i]) * depths[good, None]
        parallax = float(np.median(parallaxes_deg(points, relative))) if len(good) else 0.0
        reason: Reason = "few_matches" if len(found) < MIN_INLIERS else ""
        if not reason and _contradicted(len(good), found, here, there, (focals[i], focals[j])):
            reason = "bad_cameras"
        verdicts.append(PairVerdict((i, j), len(found), len(good), parallax, reason))
        if not reason:
            for photo, depth in zip((i, j), pair_depths(kept, points, relative), strict=True):
                sparse[photo].append(depth)
                errors[photo].append(off[good])
    if all(verdict.reason for verdict in verdicts):
        worst = max(verdicts, key=lambda verdict: verdict.num_matches)
        return unsolved(shots, worst.reason, tuple(verdicts))
    connected = [bool(parts) for parts in sparse]
    return Solution(
        shots=tuple(moved),
        poses=tuple(pose if known else None for pose, known in zip(poses, connected, strict=True)),
        focals_sides=tuple(focals),
        sparse=tuple(_joined(parts) for parts in sparse),
        errors_sides=tuple(
            float(np.median(np.concatenate(parts))) if parts else float("nan") for parts in errors
        ),
        offsets=tuple((float(x), float(y)) for x, y in offsets),
        reason="",
        verdicts=tuple(verdicts),
        is_given=True,
    )


def contradicted(solution: Solution) -> list[int]:
    """Photos whose given camera no match supports, though their photos match."""
    if not solution.is_given:
        return []
    against = {k for one in solution.verdicts if one.reason == "bad_cameras" for k in one.photos}
    return sorted(against - set(solution.registered))


def _contradicted(
    count: int,
    found: Matches,
    here: np.ndarray,
    there: np.ndarray,
    focals_sides: tuple[float, float],
) -> bool:
    """Whether matches speak against two cameras that explain `count` of them."""
    if too_few(count, len(found)):
        return True
    if count >= _DOUBTED_SHARE * len(found):
        return False
    other = relative_pose(replace(found, first=here, second=there), focals_sides)
    if other is None or other.inliers is None:
        return False
    return count < _CONTRADICTED_SHARE * int(other.inliers.sum())


def _joined(parts: Sequence[SparseDepths]) -> SparseDepths:
    if not parts:
        return SparseDepths(np.zeros((0, 2)), np.zeros(0))
    return SparseDepths(
        np.concatenate([part.sides for part in parts]),
        np.concatenate([part.depths for part in parts]),
    )

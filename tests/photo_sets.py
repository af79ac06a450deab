"""Sets of photos without pictures: random points seen by known cameras, with noise and outliers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from splat_widgets.refinement.epipolar import parallaxes_deg, rays
from splat_widgets.refinement.joint_bundle import rotations
from splat_widgets.refinement.records import Matches, PairAnswer, PairGeometry, Pose, Shot, Window

PX = 1 / 512


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """P photos of one place, what matches between them, and the truth."""

    shots: list[Shot]
    matches: dict[tuple[int, int], Matches]
    answers: dict[tuple[int, int], PairAnswer]
    poses: list[Pose]  # world to camera; the first one is the world
    focals_sides: list[float]

    def permuted(self, order: list[int]) -> PhotoSet:
        """The same photos in another order: photo k of the result is photo order[k]."""
        from splat_widgets.refinement.photo_set import swapped

        place = {photo: number for number, photo in enumerate(order)}
        matches, answers = {}, {}
        for (i, j), found in self.matches.items():
            a, b, answer = place[i], place[j], self.answers[i, j]
            if a > b:
                a, b = b, a
                found = Matches(found.second, found.first, found.second_index, found.first_index)
                geometry = answer.geometry and swapped(answer.geometry)
                answer = PairAnswer(geometry, None, 0, 0, 0.0, answer.reason)
            matches[a, b], answers[a, b] = found, answer
        return PhotoSet(
            [self.shots[k] for k in order],
            matches,
            answers,
            [self.poses[k].after(self.poses[order[0]].inverse) for k in order],
            [self.focals_sides[k] for k in order],
        )


def make_set(
    count: int,
    *,
    seed: int = 0,
    focal: float | list[float] = 1.2,
    principal: tuple[float, float] = (0.0, 0.0),
    reach: int | None = None,
    outliers: float = 0.1,
    noise: float = 0.4 * PX,
    num_points: int = 400,
) -> PhotoSet:
    """Cameras on a closed path, all looking at a cloud of points.

    Args:
        count: number of photos.
        seed: of everything.
        focal: in sides, one or one per photo.
        principal: of all photos, from where the shots assume it.
        reach: photos that are further apart on the path have no matches; None: all have.
        outliers: share of matches whose second place is by chance.
        noise: of image coordinates, in sides.
        num_points: of the cloud; each photo shows 70 % of those in its frame.
    """
    rng = np.random.default_rng(seed)
    world = rng.uniform(-1, 1, (num_points, 3)) * [2.0, 1.5, 1.5] + [0, 0, 5]
    focals = [focal] * count if isinstance(focal, float) else focal
    poses = []
    for k in range(count):
        angle = 2 * np.pi * k / count
        centre = 0.8 * np.array([np.cos(angle), np.sin(angle), 0.3 * np.sin(2 * angle)])
        R = rotations(np.array([centre[1], -centre[0], 0.2 * angle - 0.5]) * 0.15)
        poses.append(Pose(R, -R @ centre))
    world = poses[0].apply(world)
    poses = [pose.after(poses[0].inverse) for pose in poses]
    shots, places, seen = [], [], []
    for pose, f in zip(poses, focals, strict=True):
        picture = rng.integers(0, 255, (24, 32, 3), np.uint8)
        shots.append(Shot(picture, Window(-0.5, -0.5, 1.0), (16.0, 12.0)))
        there = pose.apply(world)
        sides = f * there[:, :2] / there[:, 2:] + principal
        inside = (np.abs(sides) < [0.66, 0.5]).all(1) & (there[:, 2] > 0.2)
        places.append(sides + rng.normal(size=sides.shape) * noise)
        seen.append(inside & (rng.random(num_points) < 0.7))
    matches, answers = {}, {}
    for i, j in combinations(range(count), 2):
        if reach is not None and min(j - i, count - j + i) > reach:
            continue
        rows = np.flatnonzero(seen[i] & seen[j])
        wrong = rng.random(len(rows)) < outliers
        columns = np.where(wrong, rng.permutation(rows), rows)
        matches[i, j] = Matches(places[i][rows], places[j][columns], rows, columns)
        true = matches[i, j].select(np.flatnonzero(columns == rows))
        focal_pair = focals[i], focals[j]
        answers[i, j] = answer_of(poses[j].after(poses[i].inverse), focal_pair, true, rng)
    return PhotoSet(shots, matches, answers, poses, focals)


def answer_of(
    pose: Pose, focals: tuple[float, float], inliers: Matches, rng: np.random.Generator
) -> PairAnswer:
    """What solving a pair gives: off by half a degree and 3 % of focal length, scaled to metres."""
    off = Pose(rotations(rng.normal(size=3) * 0.008) @ pose.R, pose.t * 1.7)
    wide = float(np.exp(rng.normal() * 0.03))
    first, second = (
        rays(inliers.first, focals[0]),
        rays(inliers.second, focals[1]),
    )
    across = np.cross(second, first @ pose.R.T)
    depths = -(across * np.cross(second, pose.t)).sum(1) / (across * across).sum(1)
    parallax = float(np.median(parallaxes_deg(first * depths[:, None], pose)))
    geometry = PairGeometry(
        pose=off,
        focals_sides=(focals[0] * wide, focals[1] * wide),
        matches=inliers,
        depths=depths * 1.7,
        errors=np.full(len(inliers), 0.3 * PX),
        cost=1.0,
        parallax_deg=parallax,
        focal_at_bound=False,
    )
    return PairAnswer(geometry, None, len(inliers), len(inliers), parallax, "")


def turn_deg(one: np.ndarray, other: np.ndarray) -> float:
    """Angle between two rotations."""
    return float(np.degrees(np.arccos(np.clip((np.trace(one.T @ other) - 1) / 2, -1, 1))))


def aside_deg(one: np.ndarray, other: np.ndarray) -> float:
    """Angle between two translations."""
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.degrees(np.arccos(np.clip(one @ other / lengths, -1, 1))))

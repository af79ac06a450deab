"""Cameras of two to ten photos: matches, pairs, and the set that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import torch

from splat_widgets.models.predictor import OnStep
from splat_widgets.refinement.copies import is_copy
from splat_widgets.refinement.dense import checked_share
from splat_widgets.refinement.epipolar import rays
from splat_widgets.refinement.features import Looks
from splat_widgets.refinement.lenses import zooms
from splat_widgets.refinement.matches import match
from splat_widgets.refinement.pair import solve_pair
from splat_widgets.refinement.photo_set import solve_set
from splat_widgets.refinement.records import (
    Matches,
    PairAnswer,
    PairGeometry,
    PairPrior,
    Pose,
    Shot,
    SparseDepths,
)
from splat_widgets.scene.refinement import PairVerdict, Reason

Edge = tuple[int, int]

FurtherMatches = Callable[[Edge, OnStep], Matches]


@dataclass(frozen=True, eq=False)
class Solution:
    """Cameras of the photos, and depths of their matches. Per-photo entries follow the shots.

    The world is the frame of one of the cameras, or that of given ones.
    """

    shots: tuple[Shot, ...]  # with the principal points that were found
    poses: tuple[Pose | None, ...]  # world to camera; None: the photo connects with no other
    focals_sides: tuple[float, ...]
    sparse: tuple[SparseDepths, ...]
    errors_sides: tuple[float, ...]  # median reprojection error; NaN without matches
    offsets: tuple[tuple[float, float], ...]  # of the principal points from those of the matches
    reason: Reason  # "" if at least two photos have a pose
    verdicts: tuple[PairVerdict, ...]
    focal_refuted: bool = False  # given focal lengths do not fit the matches
    zooms: tuple[float, ...] = ()  # of photos that were zoomed differently, over the widest
    zoom_doubtful: bool = False  # of two photos: other zooms explain the matches as well
    is_given: bool = False  # the user gave the cameras

    @property
    def registered(self) -> tuple[int, ...]:
        """Photos with a pose."""
        return tuple(k for k, pose in enumerate(self.poses) if pose is not None)


def compared(shots: Sequence[Shot], report: OnStep, looks: Looks) -> dict[Edge, Matches]:
    """Matches of all pairs i < j of photos; reports the stage "match" and keeps the features."""
    pairs = list(combinations(range(len(shots)), 2))
    total = len(shots) + len(pairs)
    found = []
    for k, shot in enumerate(shots):
        report("match", k, total)
        found.append(looks.of(shot.picture))
    matches = {}
    for number, (i, j) in enumerate(pairs):
        report("match", len(shots) + number, total)
        matches[i, j] = match(found[i], found[j], (shots[i], shots[j]))
    return matches


def solved(
    shots: Sequence[Shot],
    matches: Mapping[Edge, Matches],
    priors: Mapping[Edge, PairPrior],
    device: torch.device,
    report: OnStep,
    further: FurtherMatches | None = None,
    looks: Looks | None = None,
) -> Solution:
    """Cameras from matches, with the network as a prior; reports the stage "cameras".

    Args:
        shots: two or more photos.
        matches: of all pairs, each in the direction of its prior.
        priors: of the pairs that the network decoded; these are solved.
        device: where two candidate poses of a pair are compared.
        report: progress and cancellation.
        further: other matches of a pair, asked for where the first ones are too few.
        looks: the photos' features as far as they are known.
    """
    answers: dict[Edge, PairAnswer] = {}
    matches, looks = dict(matches), looks or Looks()
    edges = list(priors) or list(matches)[:1]
    count = len(edges) + (len(shots) > 2)  # the set is one more piece
    for number, edge in enumerate(edges):
        step = _within(report, number, count)
        answers[edge] = _answer(edge, shots, matches[edge], priors.get(edge), device, looks, step)
        if further is not None and answers[edge].reason == "few_matches":
            found = further(edge, step)
            again = _answer(edge, shots, found, priors.get(edge), device, looks, step)
            if again.answered:
                answers[edge], matches[edge] = again, found
    verdicts = tuple(_verdict(edge, answer) for edge, answer in answers.items())
    refuted = _most_refute(list(answers.values()))
    if not any(answer.answered for answer in answers.values()):
        return unsolved(shots, _common_reason(answers), verdicts)
    if len(shots) == 2:
        ((edge, answer),) = answers.items()
        assert answer.geometry is not None, "it is the only one, and one has answered"
        found = _of_pair(shots, answer.geometry, edge)
        found = replace(found, zoom_doubtful=answer.zoom_doubtful)
    else:
        if refuted:  # a lie of EXIF must not be held fixed in the set
            shots = [replace(shot, focal_sides=None) for shot in shots]
        found = _of_set(shots, matches, answers, priors, _within(report, len(edges), count))
    told = zooms(shots, found.focals_sides, found.registered)
    return replace(found, verdicts=verdicts, focal_refuted=refuted, zooms=told)


def _answer(
    edge: Edge,
    shots: Sequence[Shot],
    matches: Matches,
    prior: PairPrior | None,
    device: torch.device,
    looks: Looks,
    step: OnStep,
) -> PairAnswer:
    pair = (shots[edge[0]], shots[edge[1]])
    if is_copy(*pair):
        return PairAnswer(None, None, len(matches), 0, 0.0, "same_photo")
    answer = solve_pair(pair, matches, prior, looks=looks, on_step=step)
    if answer.geometry is None or answer.runner_up is None or prior is None:
        return answer
    better = _better(pair, answer.geometry, answer.runner_up, prior, device, step)
    return replace(answer, geometry=better)


def unsolved(
    shots: Sequence[Shot], reason: Reason, verdicts: tuple[PairVerdict, ...] = ()
) -> Solution:
    """No answer: the network's scene stays."""
    count = len(shots)
    nothing = SparseDepths(np.zeros((0, 2)), np.zeros(0))
    return Solution(
        shots=tuple(shots),
        poses=(None,) * count,
        focals_sides=(float("nan"),) * count,
        sparse=(nothing,) * count,
        errors_sides=(float("nan"),) * count,
        offsets=((0.0, 0.0),) * count,
        reason=reason,
        verdicts=verdicts,
    )


def _of_set(
    shots: Sequence[Shot],
    matches: Mapping[Edge, Matches],
    answers: Mapping[Edge, PairAnswer],
    priors: Mapping[Edge, PairPrior],
    report: OnStep,
) -> Solution:
    found = solve_set(shots, matches, answers, priors, on_step=report)
    if found is None or len(found.registered) < 2:
        return unsolved(shots, "few_matches")
    return Solution(
        shots=found.shots(shots),
        poses=found.poses,
        focals_sides=found.focals_sides,
        sparse=found.sparse,
        errors_sides=found.errors_sides,
        offsets=found.principal_sides,
        reason="",
        verdicts=(),
    )


def _of_pair(shots: Sequence[Shot], geometry: PairGeometry, edge: Edge = (0, 1)) -> Solution:
    """Of two photos, in the frame of the one that the pair begins with."""
    points = rays(geometry.matches.first, geometry.focals_sides[0]) * geometry.depths[:, None]
    error = float(np.median(geometry.errors))
    poses = (Pose(np.eye(3), np.zeros(3)), geometry.pose)
    sparse = pair_depths(geometry.matches, points, geometry.pose)
    places = [edge.index(photo) for photo in (0, 1)]
    return Solution(
        shots=tuple(shots),
        poses=tuple(poses[k] for k in places),
        focals_sides=tuple(geometry.focals_sides[k] for k in places),
        sparse=tuple(sparse[k] for k in places),
        errors_sides=(error, error),
        offsets=((0.0, 0.0),) * 2,
        reason="",
        verdicts=(),
    )


def pair_depths(
    matches: Matches, points: np.ndarray, pose: Pose
) -> tuple[SparseDepths, SparseDepths]:
    """Depths of the matches of a pair in both photos; those behind the second are left out."""
    there = pose.apply(points)[:, 2]
    good = (points[:, 2] > 0) & (there > 0)
    return (
        SparseDepths(matches.first[good], points[good, 2]),
        SparseDepths(matches.second[good], there[good]),
    )


def _better(
    shots: tuple[Shot, Shot],
    first: PairGeometry,
    other: PairGeometry,
    prior: PairPrior,
    device: torch.device,
    report: OnStep,
) -> PairGeometry:
    """Of two poses the one whose photos agree on more depths: wrong minima agree on few."""
    shares = []
    for geometry in (first, other):
        one = _of_pair(shots, geometry)
        poses = [pose for pose in one.poses if pose is not None]
        shares.append(
            checked_share(
                shots,
                poses,
                one.focals_sides,
                prior.depths,
                one.sparse,
                device=device,
                on_step=lambda done, total: report("pose", done, total),
            )
        )
    return first if shares[0] >= shares[1] else other


def _within(report: OnStep, index: int, count: int) -> OnStep:
    """A report of steps of any name as piece `index` of `count` of the stage "cameras"."""

    def step(_: str, done: int, total: int) -> object:
        part = min(done / total, 1.0) if total else 0.0
        percent = int(100 * (index + part) / count)
        return report("cameras", min(percent, 99), 100)

    return step


def _verdict(edge: Edge, answer: PairAnswer) -> PairVerdict:
    return PairVerdict(
        edge, answer.num_matches, answer.num_inliers, answer.parallax_deg, answer.reason
    )


def _most_refute(answers: Sequence[PairAnswer]) -> bool:
    """Whether the pairs that contradict given focal lengths outweigh the others, by inliers."""
    against = sum(one.num_inliers for one in answers if one.focal_refuted)
    return 2 * against > sum(one.num_inliers for one in answers if one.answered)


def _common_reason(answers: Mapping[Edge, PairAnswer]) -> Reason:
    """Of the pair with the most inliers."""
    return max(answers.values(), key=lambda answer: answer.num_inliers).reason

"""Two photos: their cameras from their matches, or the reason why there is no answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from splat_widgets.models.predictor import OnStep
from splat_widgets.refinement import starts
from splat_widgets.refinement.epipolar import parallaxes_deg, rays
from splat_widgets.refinement.features import Looks, mirrored
from splat_widgets.refinement.matches import match
from splat_widgets.refinement.pair_search import Pair, Solved, search
from splat_widgets.refinement.records import (
    Matches,
    PairAnswer,
    PairGeometry,
    PairPrior,
    Shot,
)
from splat_widgets.refinement.turn import best_turn
from splat_widgets.refinement.verdict import (
    MIN_INLIERS,
    WIDE_DEG,
    is_blank,
    is_same_photo,
    is_still,
    only_turned,
    too_few,
)
from splat_widgets.refinement.zoom import size_ratio
from splat_widgets.scene.refinement import Reason

_REFUTED_RATIO = 1.25  # of estimated and known focal length, at least
_LEAST_ERROR = 0.02 / 512  # sides: of rendered matches, which have next to none
_CROPPED = 1.01  # ratio of sizes from which on one photo may be a crop of the other
_TURNED_MATCHES = 300  # that tell whether the camera only turned; more tell no more
_REFUTED_EVIDENCE, _REFUTED_SHARE = 20.0, 0.15  # see `_refutes`; in all, and of each match


def solve_pair(
    shots: tuple[Shot, Shot],
    matches: Matches,
    prior: PairPrior | None,
    *,
    looks: Looks | None = None,
    on_step: OnStep | None = None,
) -> PairAnswer:
    """Pose, focal lengths and depth of the matches.

    Args:
        shots: both photos. Known focal lengths stay as they are unless the matches refute them;
            one that is known alone is a guess for both.
        matches: of the two, chance matches among them.
        prior: the network's; None: no unit of length, the median depth becomes 1.
        looks: the photos' features, to tell mirrored ones; None: found where they are needed.
        on_step: called before each step, as `("pose", done, total)`.
    """
    report = on_step or (lambda stage, done, total: None)
    looks = looks or Looks()
    report("pose", 0, 3)
    if len(matches) < MIN_INLIERS:
        return _refused(_why_few(shots, looks), matches)
    if is_same_photo(matches):
        blank = any(is_blank(shot.picture) for shot in shots)  # JPEG's blocks match themselves
        return _refused("blank" if blank else "same_photo", matches)
    known = _known_focals(shots)
    pair = Pair.of(shots, matches, prior)
    found = search(pair, known, report)
    refuted = False
    if known is not None:
        first, second = (replace(shot, focal_sides=None) for shot in shots)
        free = search(Pair.of((first, second), matches, prior), None, report)
        if free is not None and (found is None or _refutes(free[0], found[0])):
            found, refuted = free, True
    if found is None:
        return _refused(_why_few(shots, looks), matches)
    return replace(_judged(shots, matches, *found, looks), focal_refuted=refuted)


def _known_focals(shots: tuple[Shot, Shot]) -> tuple[float, float] | None:
    first, second = (shot.focal_sides for shot in shots)
    return None if first is None or second is None else (first, second)


def _refutes(free: Solved, known: Solved) -> bool:
    """Whether an estimated focal length fits clearly better than the known one.

    Depths that are free explain away much of a wrong focal length, but of hundreds of matches some
    are lost and the errors of all grow: a log likelihood of both that no chance reaches.
    """
    estimated, given = (np.sqrt(np.prod(one.states.focals(0))) for one in (free, known))
    far = max(estimated / given, given / estimated) > _REFUTED_RATIO
    before, after = int(known.inliers.sum()), int(free.inliers.sum())
    if free.at_bound or not far or not before:
        return bool(far and not before and not free.at_bound)
    evidence = after - before + 2 * before * np.log(_error(known) / _error(free))
    return bool(evidence > max(_REFUTED_EVIDENCE, _REFUTED_SHARE * before))


def _error(solved: Solved) -> float:
    """Median error of the inliers, sides."""
    return max(float(np.median(solved.states.errors[0][solved.inliers])), _LEAST_ERROR)


def _judged(
    shots: tuple[Shot, Shot], matches: Matches, best: Solved, other: Solved | None, looks: Looks
) -> PairAnswer:
    """The answer, or why it is none."""
    geometry = _geometry(matches, best)
    count = len(geometry.matches)
    reason: Reason = ""
    if too_few(count, len(matches)):
        reason = _why_few(shots, looks)
    elif _only_turned(geometry, _aspect(shots)):
        reason = "same_photo" if is_still(geometry.matches) else "rotation_only"
    elif geometry.focal_at_bound:
        reason = "focal_at_bound"
    elif geometry.parallax_deg > WIDE_DEG:
        reason = "too_wide"
    second = None if other is None else _geometry(matches, other)
    if second is not None and (second.focal_at_bound or too_few(len(second.matches), len(matches))):
        second = None
    return PairAnswer(
        geometry=None if reason else geometry,
        runner_up=None if reason else second,
        num_matches=len(matches),
        num_inliers=count,
        parallax_deg=geometry.parallax_deg,
        reason=reason,
        zoom_doubtful=best.zoom_doubtful and not reason,
    )


def _aspect(shots: tuple[Shot, Shot]) -> float:
    return max(max(s.picture.shape[:2]) / s.side_px for s in shots)


def _only_turned(geometry: PairGeometry, aspect: float) -> bool:
    kept = geometry.matches.thinned(_TURNED_MATCHES)
    zoom = size_ratio(kept)
    ratios = [1.0, zoom] if max(zoom, 1 / zoom) > _CROPPED else [1.0]
    error = float(np.median(geometry.errors)) if len(kept) else 0.0
    return any(
        only_turned(turn.share, turn.distance, error, weak=kept.has_weak)
        for turn in (best_turn(kept.first, kept.second, ratio, aspect) for ratio in ratios)
    )


def _geometry(matches: Matches, solved: Solved) -> PairGeometry:
    states, inliers = solved.states, solved.inliers
    pose, focals = states.pose(0), states.focals(0)
    depths = np.exp(states.log_depth[0])
    if not solved.problem.has_depth[0].any() and inliers.any():  # no unit of length
        scale = 1 / float(np.median(depths[inliers]))
        pose, depths = replace(pose, t=pose.t * scale), depths * scale
    kept = matches.select(solved.rows[inliers])
    depths = depths[inliers]
    angles = parallaxes_deg(rays(kept.first, focals[0]) * depths[:, None], pose)
    return PairGeometry(
        pose=pose,
        focals_sides=focals,
        matches=kept,
        depths=depths,
        errors=states.errors[0][inliers],
        cost=float(states.cost[0]),
        parallax_deg=float(np.median(angles)) if len(angles) else 0.0,
        focal_at_bound=solved.at_bound,
    )


def _refused(reason: Reason, matches: Matches) -> PairAnswer:
    return PairAnswer(None, None, len(matches), 0, 0.0, reason)


def _why_few(shots: tuple[Shot, Shot], looks: Looks) -> Reason:
    """Why photos do not match: nothing to see, a mirror, or another place."""
    if any(is_blank(shot.picture) for shot in shots):
        return "blank"
    first, second = shots
    flipped = replace(
        second,
        picture=second.picture[:, ::-1],
        principal_px=(second.picture.shape[1] - second.principal_px[0], second.principal_px[1]),
    )
    here = looks.of(first.picture)
    there = mirrored(looks.of(second.picture), second.picture.shape[1])
    matches = match(here, there, (first, flipped))
    if len(matches) < MIN_INLIERS:
        return "few_matches"
    start = starts.relative_pose(matches, (1.0, 1.0))
    count = 0 if start is None or start.inliers is None else int(start.inliers.sum())
    return "few_matches" if too_few(count, len(matches)) else "mirrored"

"""The pose that explains the matches of two photos best, and the runner-up.

Solvers start, short bundles over some of the matches score, a long one over all of them decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from splat_widgets.models.predictor import OnStep
from splat_widgets.refinement import pair_bundle, starts, zoom
from splat_widgets.refinement.absolute_pose import pose_by_depth
from splat_widgets.refinement.correction import sampled
from splat_widgets.refinement.epipolar import (
    AGREES,
    PX,
    epipolar_distances,
    rays,
    triangulate,
)
from splat_widgets.refinement.pair_bundle import Problem, States, free_unknowns
from splat_widgets.refinement.records import Matches, PairPrior, Shot, Window
from splat_widgets.refinement.starts import Start
from splat_widgets.refinement.verdict import MIN_INLIERS

FOCAL_SIDES = 1.05
"""What a photo's focal length is before anything is known: a phone's main camera."""
TRIED_FOCALS_SIDES = (0.75, 1.0, 1.35)
_NETWORK_SHARE = 0.5  # of the network's focal length in its prior, by logarithm
_NETWORK_RANGE = (0.5, 2.0)  # sides; beyond, the network's focal length is a mistake
_GATE = 1.5 * PX  # epipolar distance to take part
_SCORED_MATCHES, _SCORING_STEPS, _FINAL_STEPS = 400, 12, 30
_SOLVER_SHARE = 0.7  # inliers of the best solver's that another one needs to be listened to
_RUNNER_UP_COST = 1.5  # over the best cost
_DIFFERENT_DEG = (3.0, 20.0)  # rotation, direction of translation
_FAR_BOUND = 0.8  # of the log focal length, for lenses that are longer or wider than most
_HELD_SHARE = 0.9  # of the inliers that a usual focal length must keep
_HELD_COST = 1.3  # of the mean cost that it may have
_DEPTH_RANGE = 10.0  # times the prior that a start may triangulate


@dataclass(frozen=True, eq=False)
class Pair:
    """What every step needs."""

    matches: Matches
    prior: PairPrior | None
    problem: Problem  # of all matches

    @classmethod
    def of(cls, shots: tuple[Shot, Shot], matches: Matches, prior: PairPrior | None) -> Pair:
        """With what is known of focal length and depth before the matches are looked at."""
        focals = [shot.focal_sides for shot in shots if shot.focal_sides is not None]
        log_focal = float(np.log(FOCAL_SIDES))
        if focals:
            log_focal = float(np.log(focals).mean())
        elif prior is not None and prior.focal_sides is not None:
            network = float(np.log(np.clip(prior.focal_sides, *_NETWORK_RANGE)))
            log_focal += _NETWORK_SHARE * (network - log_focal)
        nothing = np.zeros(len(matches)), np.zeros(len(matches), bool)
        one = two = nothing
        if prior is not None:
            one = _log_depths(prior.depths[0], shots[0].window, matches.first)
            if prior.pose is not None:
                two = _log_depths(prior.depths[1], shots[1].window, matches.second)
        problem = Problem(
            matches.first, matches.second, (one[0], two[0]), (one[1], two[1]), log_focal
        )
        return cls(matches, prior, problem)


@dataclass(frozen=True, eq=False)
class Solved:
    """A state of a problem with some of the matches."""

    problem: Problem
    states: States  # one
    rows: np.ndarray  # of the matches in the problem
    zoom_doubtful: bool = False  # two different focal lengths explain the matches as well as one

    @property
    def inliers(self) -> np.ndarray:
        """Mask of the problem's matches."""
        return self.states.errors[0] < AGREES

    @property
    def at_bound(self) -> bool:
        """Whether the focal length ran as far as it may."""
        return self.states.at_bound(self.problem, 0)

    @property
    def mean_cost(self) -> float:
        """Per match."""
        return float(self.states.cost[0]) / max(len(self.rows), 1)


def search(
    pair: Pair, known: tuple[float, float] | None, report: OnStep
) -> tuple[Solved, Solved | None] | None:
    """The best pose and a different one that comes near; None if no solver finds one.

    Args:
        pair: matches and prior.
        known: focal lengths of both photos, which then stay; None: estimated.
        report: progress and cancellation.
    """
    found = _search(pair, known, report)
    if known is not None or found is None or not found[0].at_bound:
        return found
    # Matches of nearly a plane do not tell the focal length, and it runs away. If a usual one
    # explains them as well, or another pose more of them, that is taken. Else the lens may be
    # longer or wider than most.
    best, other = found
    usual = float(np.exp(pair.problem.log_focal))
    held = _search(pair, (usual, usual), report)
    if held is not None and _as_good(held[0], best):
        return held
    if other is not None and not other.at_bound and other.inliers.sum() >= best.inliers.sum():
        return replace(other, zoom_doubtful=best.zoom_doubtful), None
    far = replace(pair, problem=replace(pair.problem, focal_bound=_FAR_BOUND))
    farther = _search(far, None, report)
    return found if farther is None or farther[0].at_bound else farther


def _as_good(one: Solved, other: Solved) -> bool:
    enough = one.inliers.sum() >= _HELD_SHARE * other.inliers.sum()
    return bool(enough and one.mean_cost < _HELD_COST * other.mean_cost)


def _search(
    pair: Pair, known: tuple[float, float] | None, report: OnStep
) -> tuple[Solved, Solved | None] | None:
    solved = _solver_starts(pair, known)
    if _most_inliers(solved) < starts.FEWEST_INLIERS:
        return None
    if known is None and (shared := starts.shared_focal_pose(pair.matches)) is not None:
        solved.append(shared)
    found = [*solved, *_network_starts(pair, known)]
    zoomed = [] if known is not None else _zoomed_starts(pair, found)
    report("pose", 1, 3)
    scored = _compared(pair, [*found, *zoomed], known)
    if scored is None:
        return None
    first, second = _two_best(scored)
    doubtful = zoom.is_doubtful(scored, first)
    if zoomed and not scored.free[first, pair_bundle.RATIO]:
        # One focal length it is. What two explain beyond it is chance, and takes no part.
        report("pose", 1, 3)
        scored = _compared(pair, found, known)
        if scored is None:
            return None
        first, second = _two_best(scored)
    report("pose", 2, 3)
    best = replace(_finished(pair, scored, first), zoom_doubtful=doubtful)
    other = None if second is None else _finished(pair, scored, second)
    return best, other


def _solver_starts(pair: Pair, known: tuple[float, float] | None) -> list[Start]:
    """Poses of a solver; both photos have one focal length, unless known."""
    focals = [known] if known is not None else [(f, f) for f in _tried_focals(pair.prior)]
    tried = [starts.relative_pose(pair.matches, both) for both in focals]
    return [start for start in tried if start is not None]


def _network_starts(pair: Pair, known: tuple[float, float] | None) -> list[Start]:
    """The network's pose, and the one that its depth gives the matches."""
    prior, problem = pair.prior, pair.problem
    if prior is None:
        return []
    usual = float(np.exp(problem.log_focal))
    both = known or (usual, usual)
    inside = problem.has_depth[0]
    depths = np.exp(problem.log_depths[0][inside])
    by_depth = pose_by_depth(pair.matches.select(inside), depths, both)
    own = None if prior.pose is None else Start(prior.pose, both)
    return [start for start in (by_depth, own) if start is not None]


def _zoomed_starts(pair: Pair, found: list[Start]) -> list[Start]:
    """Poses of photos with different focal lengths, where those are worth trying."""
    tried = [
        starts.relative_pose(pair.matches, (focal / ratio**0.5, focal * ratio**0.5))
        for ratio in zoom.worth_trying(pair.matches, found)
        for focal in _tried_focals(pair.prior)
    ]
    return [start for start in tried if start is not None]


def _tried_focals(prior: PairPrior | None) -> list[float]:
    focals = set(TRIED_FOCALS_SIDES)
    if prior is not None and prior.focal_sides is not None:
        focals.add(float(np.clip(prior.focal_sides, *starts.FOCAL_RANGE)))
    return sorted(focals)


def _most_inliers(found: list[Start]) -> int:
    return max((int(one.inliers.sum()) for one in found if one.inliers is not None), default=0)


def _compared(pair: Pair, found: list[Start], known: tuple[float, float] | None) -> States | None:
    """The starts' states, after a few steps with matches that the better solvers agree on."""
    most = _most_inliers(found)
    if most < MIN_INLIERS:
        return None
    agreed = [one.inliers for one in found if one.inliers is not None]
    agreed = [mask for mask in agreed if mask.sum() > _SOLVER_SHARE * most]
    chosen = np.flatnonzero(np.any(agreed, axis=0))
    if len(chosen) > _SCORED_MATCHES:
        chosen = chosen[np.linspace(0, len(chosen) - 1, _SCORED_MATCHES).round().astype(int)]
    return _scored(pair.problem.select(chosen), found, known)


def _scored(
    problem: Problem, found: list[Start], known: tuple[float, float] | None
) -> States | None:
    """The states of the starts that put most matches before both cameras, after a few steps."""
    states, free = [], []
    inside = problem.has_depth[0]
    for start in found:
        depths = _depths(problem, start)
        good = depths > 0
        if good.mean() < 0.5:
            continue
        told = problem.log_depths[0]
        measured = good & inside
        logs = np.log(np.where(good, depths, 1))
        scale = -float(np.median(logs[good]))
        if measured.sum() > 5:
            scale = float(np.median((told - logs)[measured]))
        told = np.where(inside, told, np.median(told[inside]) if inside.any() else 0.0)
        limit = np.log(_DEPTH_RANGE)
        logs = np.where(good, told + np.clip(logs + scale - told, -limit, limit), told)
        pose = replace(start.pose, t=start.pose.t * np.exp(scale))
        ratio = known is None and start.focals_sides[0] != start.focals_sides[1]
        states.append((pose, start.focals_sides, logs))
        free.append(free_unknowns(focal=known is None, ratio=ratio))
    if not states:
        return None
    poses, focals, logs = (list(column) for column in zip(*states, strict=True))
    begun = pair_bundle.starting(problem, poses, focals, logs, free)
    return pair_bundle.solve(problem, begun, num_steps=_SCORING_STEPS)


def _depths(problem: Problem, start: Start) -> np.ndarray:
    first, second = (
        rays(xy, focal)
        for xy, focal in zip((problem.first, problem.second), start.focals_sides, strict=True)
    )
    return triangulate(first, second, start.pose)


def _two_best(scored: States) -> tuple[int, int | None]:
    """The state of the lowest cost, and the best of those with a clearly different pose."""
    zoomed = scored.free[:, pair_bundle.RATIO]
    cost = np.where(zoomed, scored.cost / (1 - zoom.GAIN), scored.cost)
    order = [int(index) for index in np.argsort(cost, kind="stable")]
    first = order[0]
    for index in order[1:]:
        if cost[index] > _RUNNER_UP_COST * cost[first]:
            break
        if _different(scored, first, index):
            return first, index
    return first, None


def _different(scored: States, one: int, other: int) -> bool:
    turn = np.trace(scored.R[one].T @ scored.R[other])
    turn_deg = np.degrees(np.arccos(np.clip((turn - 1) / 2, -1, 1)))
    lengths = np.linalg.norm(scored.t[[one, other]], axis=1)
    cosine = scored.t[one] @ scored.t[other] / max(float(lengths.prod()), 1e-12)
    aside_deg = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return bool(turn_deg > _DIFFERENT_DEG[0] or aside_deg > _DIFFERENT_DEG[1])


def _finished(pair: Pair, scored: States, index: int) -> Solved:
    """A scored state, solved with all matches near their epipolar lines."""
    pose, focals = scored.pose(index), scored.focals(index)
    matches = pair.matches
    rows = np.flatnonzero(epipolar_distances(matches.first, matches.second, pose, focals) < _GATE)
    problem = pair.problem.select(rows)
    depths = _depths(problem, Start(pose, focals))
    usual = float(np.median(scored.log_depth[index]))
    limit = np.log(_DEPTH_RANGE)
    logs = np.log(np.where(depths > 0, depths, np.exp(usual)))
    logs = np.clip(logs, usual - limit, usual + limit)
    begun = pair_bundle.starting(problem, [pose], [focals], [logs], [scored.free[index]])
    begun = replace(begun, shape=scored.shape[[index]])
    return Solved(problem, pair_bundle.solve(problem, begun, num_steps=_FINAL_STEPS), rows)


def _log_depths(
    depth: np.ndarray, window: Window, sides: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Log depth (N,) at image coordinates and whether they lie in the window."""
    grid = depth.shape[0]
    at = window.to_pixels(sides, grid)
    return sampled(np.log(depth), at), ((at >= 0) & (at < grid)).all(1)

"""Bundle adjustment of two photos: pose, focal lengths and one depth a match, with priors.

Levenberg-Marquardt with Schur's complement over the depths (Triggs et al. 2000), iteratively
reweighted for Cauchy's loss. The network's depths are weak priors: they give the unit of length and
choose between poses that the matches cannot tell apart. Several starts are solved side by side.

A match's ray of the first photo is taken to be exact and its error measured in the second one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from splat_widgets.refinement.records import Pose

NOISE = 0.3 / 512
"""Standard deviation of a match, sides."""
FOCAL_SIGMA = 0.15  # of the logarithm of the focal length around its prior
FOCAL_BOUND = 0.55  # farthest that it usually goes
_NOISE_CAUCHY = 2.0  # in standard deviations: where Cauchy's loss begins to flatten
_DEPTH_SIGMA = 0.25  # of the logarithm of the network's depth, after slopes and offset
_DEPTH_WEIGHT = 0.3
_SHAPE_SIGMA = 0.5  # of the slopes per side and the offset of the network's log depth
_NEAR = 1e-4  # depth at which a point counts as behind the camera
_CONVERGED = 1e-5  # relative change of the cost

TURN, SHIFT = slice(0, 3), slice(3, 6)
FOCAL, RATIO = 6, 7
SHAPE = slice(8, 13)
SIZE = 13
"""The unknowns of the cameras: rotation, translation, mean and half difference of the log focal
lengths, slopes of the first network depth, offset and slopes of the second."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Matches with what is known beforehand. N matches; coordinates in sides."""

    first: np.ndarray  # (N, 2)
    second: np.ndarray  # (N, 2)
    log_depths: tuple[np.ndarray, np.ndarray]  # (N,) the network's, in each photo's own camera
    has_depth: tuple[np.ndarray, np.ndarray]  # (N,) bool: false outside the windows
    log_focal: float  # mean of both photos' logarithms, before the matches are seen
    focal_bound: float = FOCAL_BOUND  # farthest from it, in log

    def select(self, which: np.ndarray) -> Problem:
        """The same with some of the matches."""
        return replace(
            self,
            first=self.first[which],
            second=self.second[which],
            log_depths=(self.log_depths[0][which], self.log_depths[1][which]),
            has_depth=(self.has_depth[0][which], self.has_depth[1][which]),
        )


@dataclass(frozen=True, eq=False)
class States:
    """B states of one problem."""

    R: np.ndarray  # (B, 3, 3) second from first
    t: np.ndarray  # (B, 3)
    log_focal: np.ndarray  # (B,) mean of both photos' logarithms
    log_ratio: np.ndarray  # (B,) half of second minus first
    shape: np.ndarray  # (B, 5)
    log_depth: np.ndarray  # (B, N) in the first camera
    free: np.ndarray  # (B, 13) bool: which unknowns may change
    cost: np.ndarray  # (B,)
    errors: np.ndarray  # (B, N) reprojection errors in the second photo, sides

    def __len__(self) -> int:
        return len(self.R)

    def select(self, which: np.ndarray | list[int]) -> States:
        """Some of the states."""
        return States(**{name: value[which] for name, value in vars(self).items()})

    def pose(self, index: int) -> Pose:
        """Of one state."""
        return Pose(self.R[index], self.t[index])

    def focals(self, index: int) -> tuple[float, float]:
        """Of one state, sides."""
        mean, half = self.log_focal[index], self.log_ratio[index]
        return float(np.exp(mean - half)), float(np.exp(mean + half))

    def at_bound(self, problem: Problem, index: int) -> bool:
        """Whether the focal length wants to be farther from its prior than it may."""
        away = abs(self.log_focal[index] - problem.log_focal)
        return bool(self.free[index, FOCAL] and away > problem.focal_bound - 1e-3)


@dataclass(frozen=True, eq=False)
class _Residuals:
    points: np.ndarray  # (B, N, 3) in the first camera
    turned: np.ndarray  # (B, N, 3) R @ points
    z: np.ndarray  # (B, N) in the second camera
    image: np.ndarray  # (B, N, 2) projections, sides
    scaled: np.ndarray  # (B, N, 4) x, y, first and second log depth, over their deviations
    weights: np.ndarray  # (B, N, 4) of the squares
    cost: np.ndarray  # (B,)


def free_unknowns(*, focal: bool, ratio: bool) -> np.ndarray:
    """(13,) mask of the unknowns that may change; pose and shape always may."""
    free = np.ones(SIZE, bool)
    free[FOCAL], free[RATIO] = focal, ratio
    return free


def starting(
    problem: Problem,
    poses: list[Pose],
    focals_sides: list[tuple[float, float]],
    log_depths: list[np.ndarray],
    free: list[np.ndarray],
) -> States:
    """States to begin with, their costs included; one entry per state in every list."""
    logs = np.log(np.array(focals_sides))
    count = len(poses)
    blank = States(
        R=np.stack([pose.R for pose in poses]),
        t=np.stack([pose.t for pose in poses]),
        log_focal=logs.mean(1),
        log_ratio=(logs[:, 1] - logs[:, 0]) / 2,
        shape=np.zeros((count, 5)),
        log_depth=np.stack(log_depths),
        free=np.stack(free),
        cost=np.zeros(count),
        errors=np.zeros((count, len(problem.first))),
    )
    return _judged(blank, _residuals(problem, blank))


def solve(problem: Problem, states: States, *, num_steps: int) -> States:
    """The states after at most `num_steps` steps; none gets worse."""
    damping = np.full(len(states), 1e-3)
    going = np.ones(len(states), bool)
    for _ in range(num_steps):
        rows = np.flatnonzero(going)
        now = states.select(rows)
        found = _residuals(problem, now)
        cameras, depths = _linearised(problem, now, found)
        tried, better = _step(problem, now, found, cameras, depths, damping[rows])
        damping[rows] = np.where(better, np.maximum(damping[rows] / 5, 1e-9), damping[rows] * 8)
        gained = (now.cost - tried.cost) / np.maximum(now.cost, 1e-12)
        states = _replaced(states, rows[better], tried.select(np.flatnonzero(better)))
        going[rows] = np.where(better, gained > _CONVERGED, damping[rows] < 1e3)
        if not going.any():
            break
    return states


def _residuals(problem: Problem, states: States) -> _Residuals:
    first_focal, second_focal = (
        np.exp(states.log_focal + sign * states.log_ratio)[:, None, None] for sign in (-1, 1)
    )
    flat = np.broadcast_to(problem.first, (len(states), *problem.first.shape)) / first_focal
    rays = np.concatenate([flat, np.ones_like(flat[..., :1])], -1)
    points = np.exp(states.log_depth)[..., None] * rays
    turned = points @ _T(states.R)
    seen = turned + states.t[:, None]
    z = np.maximum(seen[..., 2], _NEAR)
    image = second_focal * seen[..., :2] / z[..., None]
    one, two = _shape_columns(problem)
    told = problem.log_depths
    scaled = np.concatenate(
        [
            (image - problem.second) / NOISE,
            ((states.log_depth - told[0] - states.shape @ one.T) / _DEPTH_SIGMA)[..., None],
            ((np.log(z) - told[1] - states.shape @ two.T) / _DEPTH_SIGMA)[..., None],
        ],
        -1,
    )
    squares = scaled**2
    off = (squares[..., 0] + squares[..., 1]) / _NOISE_CAUCHY**2
    weights = np.empty_like(scaled)
    weights[..., 0] = weights[..., 1] = 1 / (1 + off)
    depth_weight = _DEPTH_WEIGHT * np.stack(problem.has_depth, -1)  # (N, 2)
    weights[..., 2:] = depth_weight / (1 + squares[..., 2:])
    cost = (
        _NOISE_CAUCHY**2 * np.log1p(off).sum(1)
        + (depth_weight * np.log1p(squares[..., 2:])).sum((1, 2))
        + _prior_cost(problem, states)
    )
    return _Residuals(points, turned, z, image, scaled, weights, cost)


def _prior_cost(problem: Problem, states: States) -> np.ndarray:
    """(B,) of focal length and shape."""
    focal = (states.log_focal - problem.log_focal) / FOCAL_SIGMA
    return focal**2 + ((states.shape / _SHAPE_SIGMA) ** 2).sum(1)


def _shape_columns(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """(N, 5) twice: what the shape adds to the network's log depth of each match.

    The first photo has no offset: its network depth gives the unit of length.
    """
    one, two = np.zeros((2, len(problem.first), 5))
    one[:, 0:2] = problem.first
    two[:, 2] = 1
    two[:, 3:5] = problem.second
    return one, two


def _linearised(
    problem: Problem, states: States, found: _Residuals
) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of the scaled residuals: (B, N, 4, 13) by cameras, (B, N, 4) by log depth."""
    B, N = states.log_depth.shape
    second_focal = np.exp(states.log_focal + states.log_ratio)[:, None]
    project = np.zeros((B, N, 2, 3))  # of the image by the point in the second camera
    project[..., 0, 0] = project[..., 1, 1] = second_focal / found.z
    project[..., 2] = -found.image / found.z[..., None]
    project /= NOISE
    turning = _cross_columns(found.turned)  # (B, N, 3, 3) of the point by a rotation vector
    # By the first focal length's logarithm: the ray's x and y shrink.
    narrowing = -(found.points * [1, 1, 0]) @ _T(states.R)
    one, two = _shape_columns(problem)

    cameras = np.zeros((B, N, 4, SIZE))
    cameras[..., :2, TURN] = project @ turning
    cameras[..., :2, SHIFT] = project
    by_first = (project @ narrowing[..., None])[..., 0]
    by_second = found.image / NOISE
    cameras[..., :2, FOCAL] = by_second + by_first
    cameras[..., :2, RATIO] = by_second - by_first
    cameras[..., 2, SHAPE] = -one / _DEPTH_SIGMA
    per_z = 1 / found.z / _DEPTH_SIGMA
    cameras[..., 3, TURN] = turning[..., 2, :] * per_z[..., None]
    cameras[..., 3, 5] = per_z
    cameras[..., 3, FOCAL] = narrowing[..., 2] * per_z
    cameras[..., 3, RATIO] = -narrowing[..., 2] * per_z
    cameras[..., 3, SHAPE] = -two / _DEPTH_SIGMA

    depths = np.zeros((B, N, 4))
    depths[..., :2] = (project @ found.turned[..., None])[..., 0]
    depths[..., 2] = 1 / _DEPTH_SIGMA
    depths[..., 3] = found.turned[..., 2] * per_z
    cameras *= states.free[:, None, None]
    return cameras, depths


def _step(
    problem: Problem,
    states: States,
    found: _Residuals,
    cameras: np.ndarray,
    depths: np.ndarray,
    damping: np.ndarray,
) -> tuple[States, np.ndarray]:
    """The states after one damped step, and (B,) whether it made them better."""
    B, N = states.log_depth.shape
    weighted = cameras * found.weights[..., None]
    flat, flat_weighted = cameras.reshape(B, 4 * N, SIZE), weighted.reshape(B, 4 * N, SIZE)
    normal = _T(flat) @ flat_weighted  # (B, 13, 13)
    gradient = (_T(flat_weighted) @ found.scaled.reshape(B, 4 * N, 1))[..., 0]
    mixed = (weighted * depths[..., None]).sum(2)  # (B, N, 13)
    own = (found.weights * depths**2).sum(2)  # (B, N)
    own_gradient = (found.weights * depths * found.scaled).sum(2)
    every = np.arange(SIZE)
    stiffness = np.zeros((B, SIZE))
    stiffness[:, FOCAL], stiffness[:, SHAPE] = FOCAL_SIGMA**-2, _SHAPE_SIGMA**-2
    normal[:, every, every] += stiffness
    gradient[:, FOCAL] += (states.log_focal - problem.log_focal) * FOCAL_SIGMA**-2
    gradient[:, SHAPE] += states.shape * _SHAPE_SIGMA**-2
    gradient *= states.free
    damped = own * (1 + damping[:, None]) + 1e-9
    share = mixed / damped[..., None]
    system = normal - _T(share) @ mixed
    # Unknowns that are fixed have zero rows: a one on the diagonal keeps them where they are.
    system[:, every, every] += damping[:, None] * normal[:, every, every] + 1e-9 + ~states.free
    right = gradient - (_T(share) @ own_gradient[..., None])[..., 0]
    change = -np.linalg.solve(system, right[..., None])[..., 0] * states.free
    deeper = -(own_gradient + (mixed @ change[..., None])[..., 0]) / damped
    tried = replace(
        states,
        R=_rotations(change[:, TURN]) @ states.R,
        t=states.t + change[:, SHIFT],
        log_focal=_bounded(problem, states, change[:, FOCAL]),
        log_ratio=states.log_ratio + np.clip(change[:, RATIO], -0.3, 0.3),
        shape=states.shape + change[:, SHAPE],
        log_depth=states.log_depth + np.clip(deeper, -1, 1),
    )
    tried = _judged(tried, _residuals(problem, tried))
    return tried, tried.cost < states.cost


def _bounded(problem: Problem, states: States, change: np.ndarray) -> np.ndarray:
    low, high = (problem.log_focal + sign * problem.focal_bound for sign in (-1, 1))
    moved = np.clip(states.log_focal + np.clip(change, -0.3, 0.3), low, high)
    return np.where(states.free[:, FOCAL], moved, states.log_focal)


def _judged(states: States, found: _Residuals) -> States:
    errors = np.linalg.norm(found.scaled[..., :2], axis=-1) * NOISE
    return replace(states, cost=found.cost, errors=errors)


def _replaced(states: States, rows: np.ndarray, others: States) -> States:
    """The states with those at rows exchanged."""
    changed = {name: value.copy() for name, value in vars(states).items()}
    for name, value in vars(others).items():
        changed[name][rows] = value
    return States(**changed)


def _cross_columns(points: np.ndarray) -> np.ndarray:
    """(..., 3, 3) matrices that map a small rotation vector w to w × point."""
    x, y, z = np.moveaxis(points, -1, 0)
    o = np.zeros_like(x)
    return np.stack(
        [np.stack([o, z, -y], -1), np.stack([-z, o, x], -1), np.stack([y, -x, o], -1)], -2
    )


def _rotations(vectors: np.ndarray) -> np.ndarray:
    """(B, 3, 3) of rotation vectors (B, 3), by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    K = -_cross_columns(vectors)  # K @ p = vector × p
    small = angle < 1e-8
    safe = np.where(small, 1, angle)
    along = np.where(small, 1, np.sin(safe) / safe)
    twice = np.where(small, 0.5, (1 - np.cos(safe)) / safe**2)
    return np.eye(3) + along * K + twice * (K @ K)


def _T(matrices: np.ndarray) -> np.ndarray:
    """(..., M, N) -> (..., N, M); NumPy has `mT` since 2.0 only."""
    return np.swapaxes(matrices, -1, -2)

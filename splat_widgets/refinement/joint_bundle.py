"""One bundle over all photos: poses, focal lengths, principal points and points of tracks.

Levenberg-Marquardt with the Schur complement over the points and a Cauchy loss (Triggs et al. 2000,
"Bundle adjustment: a modern synthesis"). Photos of one camera share a *lens*. Fixed photos stay
where they are; one of them is the origin, and the distance of the farthest free photo from it keeps
the unit of length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from splat_widgets.refinement.tracks import Tracks

NOISE = 0.5 / 512
"""Scale of the Cauchy loss, in sides."""
FOCAL_SIGMA = 0.3  # of the logarithm, around the prior
PRINCIPAL_SIGMA = 0.02  # sides, around the assumed principal point
_SMALLEST_DEPTH = 1e-6
_TRIES = 6


@dataclass(frozen=True, eq=False)
class Lenses:
    """Inner geometry of G cameras, and what of it is unknown."""

    log_focal: np.ndarray  # (G,) of sides
    principal: np.ndarray  # (G, 2) offset in sides from the assumed principal point
    log_focal_prior: np.ndarray  # (G,)
    focal_free: np.ndarray  # (G,) bool
    principal_free: np.ndarray  # (G,) bool


@dataclass(frozen=True, eq=False)
class Cameras:
    """P photos: world to camera, and the lens of each."""

    R: np.ndarray  # (P, 3, 3)
    t: np.ndarray  # (P, 3)
    lens: np.ndarray  # (P,) int64 into lenses
    lenses: Lenses
    fixed: np.ndarray  # (P,) bool: the pose stays

    def rays(self, tracks: Tracks) -> np.ndarray:
        """(O, 3) directions with z = 1 of observations, in camera frames."""
        lens = self.lens[tracks.photo]
        focal = np.exp(self.lenses.log_focal[lens])[:, None]
        plane = (tracks.sides - self.lenses.principal[lens]) / focal
        return np.concatenate([plane, np.ones((len(plane), 1))], 1)

    @property
    def centres(self) -> np.ndarray:
        """(P, 3) in the world."""
        return -np.einsum("pji,pj->pi", self.R, self.t)

    def errors(self, tracks: Tracks, points: np.ndarray) -> np.ndarray:
        """(O,) reprojection errors in sides; infinite behind a camera."""
        seen = _project(self, tracks, points)
        length = np.linalg.norm(seen.residual, axis=1)
        return np.where(seen.depth > _SMALLEST_DEPTH, length, np.inf)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Points in the cameras that see them."""

    turned: np.ndarray  # (O, 3) R X
    depth: np.ndarray  # (O,)
    projected: np.ndarray  # (O, 2) from the principal point
    residual: np.ndarray  # (O, 2)


def bundle(
    tracks: Tracks, cameras: Cameras, points: np.ndarray, *, num_steps: int = 30
) -> tuple[Cameras, np.ndarray]:
    """Cameras and points that explain the tracks best.

    Args:
        tracks: of N points, seen by the P photos of `cameras`.
        cameras: to start from.
        points: (N, 3) in the world, to start from.
        num_steps: of Levenberg-Marquardt at most.
    """
    damping = 1e-3
    seen = _project(cameras, tracks, points)
    cost = _cost(cameras, seen)
    for _ in range(num_steps):
        system = _System.of(tracks, cameras, seen)
        for _ in range(_TRIES):
            step, point_step = system.solved(damping)
            moved = _moved(cameras, system.free, step)
            moved_points = points + point_step
            seen_there = _project(moved, tracks, moved_points)
            cost_there = _cost(moved, seen_there)
            if cost_there < cost:
                break
            damping *= 5
        else:
            break
        gain = cost - cost_there
        cameras, points, seen, cost = moved, moved_points, seen_there, cost_there
        damping = max(damping / 5, 1e-9)
        if gain < 1e-5 * cost:
            break
    return cameras, points


def _project(cameras: Cameras, tracks: Tracks, points: np.ndarray) -> _Seen:
    photo = tracks.photo
    turned = np.einsum("oij,oj->oi", cameras.R[photo], points[tracks.point])
    Y = turned + cameras.t[photo]
    depth = Y[:, 2]
    safe = np.where(np.abs(depth) < _SMALLEST_DEPTH, _SMALLEST_DEPTH, depth)
    lens = cameras.lens[photo]
    projected = np.exp(cameras.lenses.log_focal[lens])[:, None] * Y[:, :2] / safe[:, None]
    residual = projected + cameras.lenses.principal[lens] - tracks.sides
    return _Seen(turned, safe, projected, residual)


def _cost(cameras: Cameras, seen: _Seen) -> float:
    """In squared noises."""
    lenses = cameras.lenses
    squares = (seen.residual**2).sum(1) / NOISE**2
    focal = (lenses.log_focal - lenses.log_focal_prior) / FOCAL_SIGMA
    principal = lenses.principal / PRINCIPAL_SIGMA
    return float(np.log1p(squares).sum() + (focal**2).sum() + (principal**2).sum())


@dataclass(frozen=True, eq=False)
class _System:
    """The normal equations around a state: D free unknowns of cameras and lenses, N points."""

    H: np.ndarray  # (D, D)
    g: np.ndarray  # (D,)
    V: np.ndarray  # (N, 3, 3)
    h: np.ndarray  # (N, 3)
    W: np.ndarray  # (D, N, 3)
    free: np.ndarray  # (D,) which of all unknowns

    @classmethod
    def of(cls, tracks: Tracks, cameras: Cameras, seen: _Seen) -> _System:
        root = 1 / np.sqrt(NOISE**2 + (seen.residual**2).sum(1))
        to_inner, to_point = _derivatives(tracks, cameras, seen, root)
        r = seen.residual * root[:, None]
        across = to_point.transpose(0, 2, 1)
        V = tracks.total(across @ to_point)
        h = tracks.total((across @ r[:, :, None])[:, :, 0])
        crossed = (to_inner.transpose(0, 2, 1) @ to_point).transpose(1, 0, 2)  # (9, O, 3)
        P, G = len(cameras.t), len(cameras.lenses.log_focal)
        H, g = np.zeros((6 * P + 3 * G,) * 2), np.zeros(6 * P + 3 * G)
        W = np.zeros((len(g), len(V), 3))
        for photo in range(P):
            mine = np.flatnonzero(tracks.photo == photo)
            inner = 6 * P + 3 * cameras.lens[photo]
            at = np.r_[6 * photo : 6 * photo + 6, inner : inner + 3]
            rows = to_inner[mine].reshape(-1, 9)
            H[np.ix_(at, at)] += rows.T @ rows
            g[at] += rows.T @ r[mine].ravel()
            point = tracks.point[mine]  # a photo sees a point once, so that no index repeats
            W[6 * photo : 6 * photo + 6, point] = crossed[:6, mine]
            W[inner : inner + 3, point] += crossed[6:, mine]
        _add_priors(H, g, cameras)
        free = np.flatnonzero(_free(cameras))
        return cls(H[np.ix_(free, free)], g[free], V, h, W[free], free)

    def solved(self, damping: float) -> tuple[np.ndarray, np.ndarray]:
        """Step (D,) of the free unknowns, (N, 3) of points."""
        eye, D = np.eye(3), len(self.g)
        inverse = np.linalg.inv(self.V * (1 + damping * eye) + 1e-9 * eye)
        W = self.W.reshape(D, -1)
        Wi = (self.W[:, :, None] @ inverse).reshape(D, -1)
        S = self.H + np.diag(damping * np.diag(self.H) + 1e-9) - Wi @ W.T
        step = -np.linalg.solve(S, self.g - Wi @ self.h.ravel())
        back = self.h + (step @ W).reshape(-1, 3)
        return step, -(inverse @ back[:, :, None])[:, :, 0]


def _derivatives(
    tracks: Tracks, cameras: Cameras, seen: _Seen, root: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of residuals times (O,) factors, by pose and lens (O, 2, 9) and by point (O, 2, 3)."""
    focal = np.exp(cameras.lenses.log_focal[cameras.lens[tracks.photo]])
    by_place = np.zeros((len(root), 2, 3))
    by_place[:, 0, 0] = by_place[:, 1, 1] = root * focal / seen.depth
    by_place[:, :, 2] = -seen.projected * (root / seen.depth)[:, None]
    inner = np.zeros((len(root), 2, 9))
    x, y, z = seen.turned.T[:, :, None]
    inner[:, :, 0] = y * by_place[:, :, 2] - z * by_place[:, :, 1]  # turned x row
    inner[:, :, 1] = z * by_place[:, :, 0] - x * by_place[:, :, 2]
    inner[:, :, 2] = x * by_place[:, :, 1] - y * by_place[:, :, 0]
    inner[:, :, 3:6] = by_place
    inner[:, :, 6] = seen.projected * root[:, None]
    inner[:, 0, 7] = inner[:, 1, 8] = root
    return inner, by_place @ cameras.R[tracks.photo]


def _add_priors(H: np.ndarray, g: np.ndarray, cameras: Cameras) -> None:
    """Of focal lengths and principal points; and the unit of length."""
    lenses, P = cameras.lenses, len(cameras.t)
    at = 6 * P + 3 * np.arange(len(lenses.log_focal))
    H[at, at] += 1 / FOCAL_SIGMA**2
    g[at] += (lenses.log_focal - lenses.log_focal_prior) / FOCAL_SIGMA**2
    for axis in (0, 1):
        H[at + 1 + axis, at + 1 + axis] += 1 / PRINCIPAL_SIGMA**2
        g[at + 1 + axis] += lenses.principal[:, axis] / PRINCIPAL_SIGMA**2
    lengths = np.linalg.norm(cameras.t, axis=1) * ~cameras.fixed
    far = int(lengths.argmax())
    if lengths[far] > 0:
        n = cameras.t[far] / lengths[far]
        at = slice(6 * far + 3, 6 * far + 6)
        H[at, at] += 1e3 * np.trace(H[at, at]) * np.outer(n, n)


def _free(cameras: Cameras) -> np.ndarray:
    """(D,) bool: the unknowns that may change."""
    lenses = cameras.lenses
    principal = lenses.principal_free
    inner = np.stack([lenses.focal_free, principal, principal], 1)
    return np.concatenate([np.repeat(~cameras.fixed, 6), inner.ravel()])


def _moved(cameras: Cameras, free: np.ndarray, step: np.ndarray) -> Cameras:
    P, lenses = len(cameras.t), cameras.lenses
    whole = np.zeros(6 * P + 3 * len(lenses.log_focal))
    whole[free] = step
    poses, inner = whole[: 6 * P].reshape(P, 6), whole[6 * P :].reshape(-1, 3)
    return replace(
        cameras,
        R=rotations(poses[:, :3]) @ cameras.R,
        t=cameras.t + poses[:, 3:],
        lenses=replace(
            lenses,
            log_focal=lenses.log_focal + np.clip(inner[:, 0], -0.3, 0.3),
            principal=lenses.principal + inner[:, 1:],
        ),
    )


def rotations(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotations about vectors (..., 3) by their lengths (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    K = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*vectors.shape, 3)
    first = np.sinc(angle / np.pi)  # sin(a) / a
    second = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2  # (1 - cos(a)) / a²
    return np.eye(3) + first * K + second * (K @ K)

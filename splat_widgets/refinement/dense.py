"""Depth of every pixel of two or more photos whose cameras are known.

Correct the network's depth by matches, sweep planes around it, aggregate, keep what two photos
agree on and fill the rest with the network's depth, bent to what was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from splat_widgets.refinement import check, fill, grids
from splat_widgets.refinement.aggregation import Winners, aggregate, winners
from splat_widgets.refinement.correction import CorrectedPrior, corrected_prior
from splat_widgets.refinement.records import DenseDepth, Pose, Shot, SparseDepths
from splat_widgets.refinement.sweep import (
    BORDER,
    Neighbour,
    Reference,
    cost_volume,
    inverse_factors,
)

NEAREST_RATIO, FARTHEST_RATIO = 0.4, 2.5
"""Least range of the planes around the corrected depth: a weak network's error."""
_RANGE_MARGIN = 1.2
MOST_NEIGHBOURS = 4
_LEAST_WEIGHT = 1e-3  # that reached a pixel, for the fill to bend the prior there
_GUIDE_BLUR = 1.0  # pixels
_STEPS = 8  # of each photo, for progress

OnStep = Callable[[int, int], object]
"""Called with the steps done and all steps; what it raises ends the work."""


@dataclass(frozen=True, eq=False)
class _Found:
    """What the sweep of one photo found."""

    depth: np.ndarray  # (n, n)
    winners: Winners
    grey: np.ndarray  # (n, n) float32


def dense_depths(
    shots: Sequence[Shot],
    poses: Sequence[Pose],
    focals_sides: Sequence[float],
    priors: Sequence[np.ndarray],
    sparse: Sequence[SparseDepths],
    *,
    count: int | Sequence[int],
    device: torch.device,
    neighbours: Sequence[Sequence[int]] | None = None,
    on_step: OnStep | None = None,
) -> tuple[DenseDepth, ...]:
    """Depth of each photo on its grid of Gaussians.

    Args:
        shots: two or more photos.
        poses: world to each camera, scene units.
        focals_sides: of each photo.
        priors: (S, S) the network's depth over each photo's window, scene units up to what matches
            correct.
        sparse: depths of matches of each photo.
        count: edge of the grid over each photo's window.
        device: of cost volume and aggregation.
        neighbours: for each photo the photos it is compared with; None: the best few.
        on_step: progress and cancellation, several times a second.

    Raises:
        ValueError: for fewer than two photos or lists of different lengths.
    """
    views = _views(shots, poses, focals_sides, priors, sparse, count)
    chosen = _neighbours(views, neighbours)
    total = _STEPS * len(views)

    def steps(photo: int) -> Callable[[], object]:
        done = iter(range(1 << 30))

        def tick() -> None:
            if on_step is not None:
                on_step(photo * _STEPS + min(next(done), _STEPS - 1), total)

        return tick

    with torch.no_grad():
        found = [_swept(k, views, chosen[k], device, steps(k)) for k in range(len(views))]
    results = []
    for k in range(len(views)):
        if on_step is not None:
            on_step(total, total)
        results.append(_finished(k, views, found, chosen[k]))
    return tuple(results)


def checked_share(
    shots: Sequence[Shot],
    poses: Sequence[Pose],
    focals_sides: Sequence[float],
    priors: Sequence[np.ndarray],
    sparse: Sequence[SparseDepths],
    *,
    device: torch.device,
    count: int = 64,
    on_step: OnStep | None = None,
) -> float:
    """Share of the photos' pixels that two photos agree on, on a coarse grid.

    Wrong poses find little to agree on, so of two candidates the larger share is the better pose.
    """
    depths = dense_depths(
        shots, poses, focals_sides, priors, sparse, count=count, device=device, on_step=on_step
    )
    return float(np.mean([one.checked.mean() for one in depths]))


@dataclass(frozen=True, eq=False)
class _View:
    """One photo with all that is known of it."""

    shot: Shot
    pose: Pose
    focal_sides: float
    prior: CorrectedPrior
    count: int

    @property
    def rays(self) -> np.ndarray:
        """(n, n, 3)."""
        return grids.rays(self.shot.window, self.focal_sides, self.count)

    def to(self, other: _View) -> Pose:
        """From this camera to another one."""
        return other.pose.after(self.pose.inverse)


def _views(
    shots: Sequence[Shot],
    poses: Sequence[Pose],
    focals_sides: Sequence[float],
    priors: Sequence[np.ndarray],
    sparse: Sequence[SparseDepths],
    count: int | Sequence[int],
) -> list[_View]:
    counts = [count] * len(shots) if isinstance(count, int) else list(count)
    lengths = [len(given) for given in (shots, poses, focals_sides, priors, sparse, counts)]
    if len(shots) < 2 or len(set(lengths)) > 1:
        raise ValueError(
            "expected shots, poses, focal lengths, priors, sparse depths and counts of the same "
            f"two or more photos, got {lengths} of them"
        )
    return [
        _View(shot, pose, focal, corrected_prior(prior, shot.window, points, n), n)
        for shot, pose, focal, prior, points, n in zip(
            shots, poses, focals_sides, priors, sparse, counts, strict=True
        )
    ]


def _neighbours(
    views: Sequence[_View], given: Sequence[Sequence[int]] | None
) -> list[Sequence[int]]:
    everyone = range(len(views))
    if given is None:
        return [[j for j in everyone if j != k][:MOST_NEIGHBOURS] for k in everyone]
    if len(given) != len(views) or any(
        not others or k in others or not set(others) <= set(everyone)
        for k, others in enumerate(given)
    ):
        raise ValueError(
            f"expected for each of {len(views)} photos the indices of at least one other photo, "
            f"got {list(map(list, given))}"
        )
    return list(given)


def _swept(
    k: int,
    views: Sequence[_View],
    others: Sequence[int],
    device: torch.device,
    tick: Callable[[], object],
) -> _Found:
    view = views[k]
    n, window = view.count, view.shot.window
    wide = grids.widened(window, n, BORDER)
    grey = grids.grey(grids.picture_on_grid(view.shot, wide, n + 2 * BORDER))
    base = np.pad(view.prior.depth, BORDER, mode="edge")
    points = grids.rays(wide, view.focal_sides, n + 2 * BORDER) * base[..., None]
    reference = Reference(
        torch.from_numpy(grey).to(device), torch.from_numpy(points).float().to(device)
    )
    around = [_neighbour(view, views[j], device) for j in others]
    factors = inverse_factors(reference, around, *_ratio_range(view.prior))
    costs = cost_volume(reference, around, factors, tick)
    inner = reference.grey[BORDER:-BORDER, BORDER:-BORDER]
    best = winners(aggregate(costs, inner, tick), costs)
    inverse = factors[0] + best.plane.double().cpu().numpy() * (factors[1] - factors[0])
    return _Found(view.prior.depth / inverse, best, grey[BORDER:-BORDER, BORDER:-BORDER])


def _neighbour(view: _View, other: _View, device: torch.device) -> Neighbour:
    pitch = view.shot.window.size / view.count / view.focal_sides  # of tangents
    picture = grids.shrunk(other.shot, pitch * other.focal_sides)
    size = (picture.shape[0], picture.shape[1])
    projection = grids.to_picture(other.shot, other.focal_sides, view.to(other), size)
    return Neighbour(torch.from_numpy(picture).to(device), projection)


def _ratio_range(prior: CorrectedPrior) -> tuple[float, float]:
    near, far = NEAREST_RATIO, FARTHEST_RATIO
    if len(prior.ratios):
        low, high = np.percentile(prior.ratios, [1, 99])
        near, far = min(near, low / _RANGE_MARGIN), max(far, high * _RANGE_MARGIN)
    return float(near), float(far)


def _finished(
    k: int, views: Sequence[_View], found: Sequence[_Found], others: Sequence[int]
) -> DenseDepth:
    """The check of one photo against its neighbours, and the fill."""
    view, own = views[k], found[k]
    points = view.rays * own.depth[..., None]
    votes = check.agreeing(points, [_known(view, views[j], found[j].depth) for j in others])
    at_end = own.winners.at_end.cpu().numpy()
    margin = own.winners.margin.cpu().numpy()
    good = (votes > 0) & ~at_end & (margin > check.MIN_MARGIN)
    checked = check.without_specks(good, own.depth)
    base = np.log(view.prior.depth)
    logs = np.log(own.depth)
    guide = cv2.GaussianBlur(own.grey, (0, 0), _GUIDE_BLUR)
    bend, weight = fill.smoothed(np.where(checked, logs - base, 0.0), checked, guide)
    filled = base + bend * (weight / (weight + _LEAST_WEIGHT))
    return DenseDepth(
        depth=np.exp(np.where(checked, logs, filled)),
        checked=checked,
        match_error=own.winners.cost.cpu().numpy(),
        prior=view.prior.depth,
    )


def _known(view: _View, other: _View, depth: np.ndarray) -> check.Known:
    pose = view.to(other)
    return check.Known(
        depth,
        grids.to_grid(other.shot.window, other.focal_sides, pose, other.count),
        np.append(pose.R[2], pose.t[2]),
    )

"""Depth of every pixel of two or more photos whose cameras are known.

Correct the network's depth by matches, sweep planes around it, aggregate, keep what photos agree on
and fill the rest with the network's depth, bent to what was kept and moved behind what the
other photos show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch

from splat_widgets.refinement import finish, grids
from splat_widgets.refinement.aggregation import aggregate, winners
from splat_widgets.refinement.belief import beliefs, believed
from splat_widgets.refinement.correction import CorrectedPrior, corrected_prior
from splat_widgets.refinement.free_space import settled
from splat_widgets.refinement.records import DenseDepth, Pose, Shot, SparseDepths
from splat_widgets.refinement.sweep import (
    BORDER,
    Neighbour,
    Reference,
    cost_volume,
    inverse_factors,
)
from splat_widgets.refinement.views import Swept, View

NEAREST_RATIO, FARTHEST_RATIO = 0.2, 2.5
"""Range of the planes around the corrected depth in the coarse pass: a weak network's error."""
_COARSE = 64  # edge of the coarse pass's grids, which finds the range of the planes
_RANGE_PERCENTILES = (0.3, 99.7)  # of the depths that the coarse pass checked
_MATCH_PERCENTILES = (1.0, 99.0)
_RANGE_MARGIN = 1.25
_LEAST_CHECKED = 0.02  # share of the coarse grid, for its depths to bound the range
_BASE_BLUR = 1 / 40  # of the grid's edge: a network's noise would bend the compared windows
MOST_NEIGHBOURS = 4
_STEPS = 8  # of each photo, for progress

OnStep = Callable[[int, int], object]
"""Called with the steps done and all steps; what it raises ends the work."""


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
    counts = [count] * len(shots) if isinstance(count, int) else list(count)
    lengths = [len(given) for given in (shots, poses, focals_sides, priors, sparse, counts)]
    if len(shots) < 2 or len(set(lengths)) > 1:
        raise ValueError(
            "expected shots, poses, focal lengths, priors, sparse depths and counts of the same "
            f"two or more photos, got {lengths} of them"
        )

    def at(counts: Sequence[int]) -> list[View]:
        given = zip(shots, poses, focals_sides, priors, sparse, counts, strict=True)
        return [
            View(shot, pose, focal, corrected_prior(prior, shot.window, points, n), n)
            for shot, pose, focal, prior, points, n in given
        ]

    views = at(counts)
    chosen = _neighbours(views, neighbours)
    everyone, coarse = range(len(views)), at([min(n, _COARSE) for n in counts])
    steps = _Steps(on_step, len(views))
    with torch.no_grad():
        ranges = [_widest_range(view.prior) for view in coarse]
        found = [_swept(k, coarse, chosen[k], ranges[k], device, steps.next) for k in everyone]
        if max(counts) > _COARSE:
            ranges = [_found_range(k, coarse, found, chosen[k]) for k in everyone]
            found = [_swept(k, views, chosen[k], ranges[k], device, steps.of(k)) for k in everyone]
    steps.last()
    trusted = beliefs(views, found, chosen, steps.next)
    depths = [finish.filled(views[k], found[k], trusted[k].agreed, steps.next) for k in everyone]
    depths = settled(views, depths, [~belief.agreed for belief in trusted], steps.next)
    return tuple(
        DenseDepth(
            depth=finish.smoothed(depths[k]),
            checked=trusted[k].checked,
            match_error=found[k].winners.cost.cpu().numpy(),
            prior=views[k].prior.depth,
        )
        for k in everyone
    )


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


class _Steps:
    """Tells how far the work is: the coarse pass, then `_STEPS` for each photo."""

    def __init__(self, on_step: OnStep | None, photos: int) -> None:
        self._on_step, self._total, self._done = on_step, _STEPS * photos + 1, 0

    def next(self) -> None:
        """The step that is going on goes on."""
        if self._on_step is not None:
            self._on_step(self._done, self._total)

    def of(self, photo: int) -> Callable[[], object]:
        """What to call while a photo is swept; its number of calls is not known beforehand."""
        first = 1 + photo * _STEPS
        self._done = first

        def tick() -> None:
            self.next()
            self._done = min(self._done + 1, first + _STEPS - 1)

        return tick

    def last(self) -> None:
        """All but checks and fills is over."""
        self._done = self._total
        self.next()


def _neighbours(
    views: Sequence[View], given: Sequence[Sequence[int]] | None
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
    views: Sequence[View],
    others: Sequence[int],
    ratios: tuple[float, float],
    device: torch.device,
    tick: Callable[[], object],
) -> Swept:
    view = views[k]
    n, window = view.count, view.shot.window
    wide = grids.widened(window, n, BORDER)
    grey = grids.grey(grids.picture_on_grid(view.shot, wide, n + 2 * BORDER))
    base = cv2.GaussianBlur(np.log(view.prior.depth), (0, 0), _BASE_BLUR * n)
    surface = np.exp(np.pad(base, BORDER, mode="edge"))
    points = grids.rays(wide, view.focal_sides, n + 2 * BORDER) * surface[..., None]
    reference = Reference(
        torch.from_numpy(grey).to(device), torch.from_numpy(points).float().to(device)
    )
    around = [_neighbour(view, views[j], device) for j in others]
    factors = inverse_factors(reference, around, *ratios)
    costs = cost_volume(reference, around, factors, tick)
    inner = reference.grey[BORDER:-BORDER, BORDER:-BORDER]
    best = winners(aggregate(costs, inner, tick), costs, tick)
    inverse = factors[0] + best.plane.double().cpu().numpy() * (factors[1] - factors[0])
    return Swept(np.exp(base) / inverse, best, grey[BORDER:-BORDER, BORDER:-BORDER])


def _neighbour(view: View, other: View, device: torch.device) -> Neighbour:
    picture = grids.shrunk(other.shot, view.pitch * other.focal_sides)
    size = (picture.shape[0], picture.shape[1])
    projection = grids.to_picture(other.shot, other.focal_sides, view.to(other), size)
    return Neighbour(torch.from_numpy(picture).to(device), projection)


def _widest_range(prior: CorrectedPrior) -> tuple[float, float]:
    """Nearest and farthest plane, over the corrected depth, of a weak network and its matches."""
    near, far = NEAREST_RATIO, FARTHEST_RATIO
    if len(prior.ratios):
        low, high = np.percentile(prior.ratios, _MATCH_PERCENTILES)
        near, far = min(near, low / _RANGE_MARGIN), max(far, high * _RANGE_MARGIN)
    return float(near), float(far)


def _found_range(
    k: int, views: Sequence[View], found: Sequence[Swept], others: Sequence[int]
) -> tuple[float, float]:
    """The part of the widest range in which the coarse pass and the matches found something."""
    prior = views[k].prior
    good = believed(k, views, found, others).checked
    widest = _widest_range(prior)
    if good.mean() < _LEAST_CHECKED:
        return widest
    ends = [np.percentile((found[k].depth / prior.depth)[good], _RANGE_PERCENTILES)]
    if len(prior.ratios):
        ends.append(np.percentile(prior.ratios, _MATCH_PERCENTILES))
    low, high = np.min(ends, 0)[0] / _RANGE_MARGIN, np.max(ends, 0)[1] * _RANGE_MARGIN
    return max(float(low), widest[0]), min(float(high), widest[1])

"""Depth of every pixel of two or more photos whose cameras are known.

Correct the network's depth by matches, sweep planes around it on a coarse grid and around what that
found on the whole one, aggregate, keep what photos agree on and fill the rest with the network's
depth, bent to what was kept and moved behind what the other photos show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from splat_widgets.refinement import finish, grids, planes
from splat_widgets.refinement.aggregation import aggregate, winners
from splat_widgets.refinement.belief import beliefs
from splat_widgets.refinement.correction import corrected_prior
from splat_widgets.refinement.free_space import settled
from splat_widgets.refinement.planes import Planes
from splat_widgets.refinement.records import DenseDepth, Pose, Shot, SparseDepths
from splat_widgets.refinement.sweep import (
    BORDER,
    Neighbour,
    Reference,
    cost_volume,
    inverse_factors,
)
from splat_widgets.refinement.views import Swept, View

_COARSE = 64  # edge of the coarse pass's grids, which finds the surface of the planes
MOST_NEIGHBOURS = 3
"""Whose pictures a photo is compared with. A fourth takes a third longer and made the depth of sets
of five photos no better; but more is checked where something hides a surface from two of them."""
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
        neighbours: for each photo the photos it is compared with; None: the first few others.
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
        around = [planes.widest(view) for view in coarse]
        found = [_swept(k, coarse, chosen[k], around[k], device, steps.next) for k in everyone]
        if max(counts) > _COARSE:
            around = [
                planes.narrowed(k, views[k], coarse, found, chosen[k], steps.next) for k in everyone
            ]
            found = [_swept(k, views, chosen[k], around[k], device, steps.of(k)) for k in everyone]
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
    around: Planes,
    device: torch.device,
    tick: Callable[[], object],
) -> Swept:
    view = views[k]
    n, window = view.count, view.shot.window
    wide = grids.widened(window, n, BORDER)
    grey = grids.grey(grids.picture_on_grid(view.shot, wide, n + 2 * BORDER))
    surface = np.pad(around.surface, BORDER, mode="edge")
    points = grids.rays(wide, view.focal_sides, n + 2 * BORDER) * surface[..., None]
    reference = Reference(
        torch.from_numpy(grey).to(device), torch.from_numpy(points).float().to(device)
    )
    neighbours = [_neighbour(view, views[j], device) for j in others]
    factors = inverse_factors(reference, neighbours, around.near, around.far)
    costs = cost_volume(reference, neighbours, factors, tick)
    inner = reference.grey[BORDER:-BORDER, BORDER:-BORDER]
    best = winners(aggregate(costs, inner, tick), costs, tick)
    inverse = factors[0] + best.plane.double().cpu().numpy() * (factors[1] - factors[0])
    return Swept(around.surface / inverse, best, grey[BORDER:-BORDER, BORDER:-BORDER])


def _neighbour(view: View, other: View, device: torch.device) -> Neighbour:
    picture = grids.shrunk(other.shot, view.pitch * other.focal_sides)
    size = (picture.shape[0], picture.shape[1])
    projection = grids.to_picture(other.shot, other.focal_sides, view.to(other), size)
    return Neighbour(torch.from_numpy(picture).to(device), projection)

"""The scene that the photos determine: depth of every pixel, Gaussians, and their evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from splat_widgets.photos.exposure import UNCHANGED, Exposure, adapted
from splat_widgets.photos.photo import Photo
from splat_widgets.reconstruction.predicted import OwnMaps, matrix, scale_to
from splat_widgets.refinement.dense import MOST_NEIGHBOURS, dense_depths
from splat_widgets.refinement.epipolar import AGREES, epipolar_distances
from splat_widgets.refinement.exposure import exposures
from splat_widgets.refinement.fusion import keep_masks
from splat_widgets.refinement.gaussians import adapted_maps, footprint_maps, pixels_of
from splat_widgets.refinement.overlap import Surface, surfaces
from splat_widgets.refinement.records import DenseDepth, Matches, Pose, Shot
from splat_widgets.refinement.solution import Edge, Solution
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.maps import PhotoMaps, moved
from splat_widgets.scene.refinement import Evidence

COARSE_GRID = 64
"""Of the sweep that only judges whether the photos agree."""
LEAST_BASELINE = 0.01
"""Distance of two cameras over the median depth, from which on one photo checks the other."""

OnStep = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class Placed:
    """The photos of a solution that have a pose, and what the network says of them."""

    photos: tuple[int, ...]  # indices of the photos, in the user's order
    shots: tuple[Shot, ...]
    poses: tuple[Pose, ...]  # world to camera
    focals_sides: tuple[float, ...]
    own: tuple[OwnMaps, ...]
    scales: tuple[float, ...]  # scene units in one unit of the network's maps

    def camera(self, number: int, grid: int) -> Camera:
        """Of one of these photos, in pixels of a grid over its window."""
        window, pose = self.shots[number].window, self.poses[number].inverse
        px = grid / window.size
        return Camera(
            matrix(pose),
            self.focals_sides[number] * px,
            (-window.left * px, -window.top * px),
            grid,
            grid,
        )

    def part(self, numbers: Sequence[int]) -> Placed:
        """Some of these photos."""
        every = {field.name: getattr(self, field.name) for field in fields(self)}
        return Placed(**{name: tuple(all_[k] for k in numbers) for name, all_ in every.items()})

    def from_first(self) -> Placed:
        """The same in the frame of the first one's camera."""
        back = self.poses[0].inverse
        others = (pose.after(back) for pose in self.poses[1:])
        return replace(self, poses=(Pose(np.eye(3), np.zeros(3)), *others))

    def predicted_maps(self) -> tuple[PhotoMaps, ...]:
        """The network's maps, each placed at its own camera."""
        return tuple(
            moved(own.maps, matrix(pose.inverse), scale)
            for own, pose, scale in zip(self.own, self.poses, self.scales, strict=True)
        )


def placed(solution: Solution, own: Mapping[int, OwnMaps], *, keeps_unit: bool) -> Placed:
    """The photos with a pose.

    Args:
        solution: of all photos.
        own: the network's maps of those that have a pose.
        keeps_unit: the scene's unit of length is that of the network's maps, as for a pair.
    """
    photos = tuple(k for k in solution.registered if k in own)
    scales = [
        1.0 if keeps_unit else scale_to(own[k], solution.shots[k], solution.sparse[k])
        for k in photos
    ]
    return Placed(
        photos=photos,
        shots=tuple(solution.shots[k] for k in photos),
        poses=tuple(pose for k in photos if (pose := solution.poses[k]) is not None),
        focals_sides=tuple(solution.focals_sides[k] for k in photos),
        own=tuple(own[k] for k in photos),
        scales=tuple(scales),
    )


def depths_of(
    known: Placed,
    solution: Solution,
    matches: Mapping[Edge, Matches],
    grids: Sequence[int],
    device: torch.device,
    on_step: OnStep,
) -> tuple[DenseDepth, ...]:
    """Depth of every placed photo on its grid."""
    return dense_depths(
        known.shots,
        known.poses,
        known.focals_sides,
        [own.depth * scale for own, scale in zip(known.own, known.scales, strict=True)],
        [solution.sparse[k] for k in known.photos],
        count=list(grids),
        device=device,
        neighbours=_neighbours(known, solution, matches),
        on_step=on_step,
    )


def _neighbours(
    known: Placed, solution: Solution, matches: Mapping[Edge, Matches]
) -> list[list[int]]:
    """For each placed photo those others, standing apart, with which it shares most matches.

    Of two with which it shares as many the nearer one comes first.
    """
    shared = np.zeros((len(known.photos),) * 2, np.int64)
    for (i, j), found in matches.items():
        if i in known.photos and j in known.photos:
            a, b = known.photos.index(i), known.photos.index(j)
            relative = known.poses[b].after(known.poses[a].inverse)
            offsets = [_offset(solution, k) for k in (i, j)]
            first, second = found.first - offsets[0], found.second - offsets[1]
            focals = (known.focals_sides[a], known.focals_sides[b])
            close = epipolar_distances(first, second, relative, focals) < AGREES
            shared[a, b] = shared[b, a] = int(close.sum())
    chosen = []
    for k, row in enumerate(shared):
        away = [np.linalg.norm(pose.after(known.poses[k].inverse).t) for pose in known.poses]
        order = [int(j) for j in np.lexsort((away, -row)) if j != k]
        least = _least_baseline(solution.sparse[known.photos[k]].depths)
        apart = [j for j in order if away[j] > least]
        matching = [j for j in apart if row[j] > 0]
        chosen.append(matching[:MOST_NEIGHBOURS] or apart[:1] or order[:1])
    return chosen


def _least_baseline(depths: np.ndarray) -> float:
    """From which on cameras stand apart. Any depth fits photos from one place, as a burst's."""
    return LEAST_BASELINE * float(np.median(depths)) if len(depths) else -1.0


def _offset(solution: Solution, photo: int) -> np.ndarray:
    """(2,) of the principal point that was found from the one that matches are measured from."""
    return np.array(solution.offsets[photo])


def surfaces_of(known: Placed, dense: Sequence[DenseDepth]) -> tuple[Surface, ...]:
    """What each placed photo shows."""
    return surfaces(dense, known.shots, known.poses, known.focals_sides)


def exposures_of(
    shown: Sequence[Surface], dense: Sequence[DenseDepth], photos: Sequence[Photo]
) -> tuple[Exposure, ...]:
    """How the light of each placed photo is changed, so that all have one exposure."""
    return exposures(shown, dense, [_colours(photo) for photo in photos])


def footprints(
    known: Placed,
    dense: Sequence[DenseDepth],
    photos: Sequence[Photo],
    tones: Sequence[Exposure] = (),
) -> tuple[PhotoMaps, ...]:
    """Gaussians of each pixel's size and colour, one per pixel of the grids, in the world frame.

    Args:
        known: the placed photos.
        dense: their depths.
        photos: whose crops have the grids' size.
        tones: how the light of each photo is changed; none: as photographed.
    """
    found = []
    for number, depth in enumerate(dense):
        colours = adapted(_colours(photos[number]), tones[number] if tones else UNCHANGED)
        window, pose = known.shots[number].window, known.poses[number]
        args = (depth, colours, window, known.focals_sides[number], pose, known.own[number].maps)
        found.append(footprint_maps(*args))
    return tuple(found)


def moved_along(known: Placed, dense: Sequence[DenseDepth]) -> tuple[PhotoMaps, ...]:
    """The network's Gaussians of each placed photo, moved to their depths, in the world frame."""
    here = Pose(np.eye(3), np.zeros(3))  # the maps are in the photo's own frame
    found = []
    for number, depth in enumerate(dense):
        own, window = known.own[number], known.shots[number].window
        focal, pose = known.focals_sides[number], known.poses[number]
        found.append(adapted_maps(depth, window, focal, pose, own.maps, own.depth, here))
    return tuple(found)


def _colours(photo: Photo) -> np.ndarray:
    return photo.pixels.astype(np.float32) / np.float32(255)


def evidence_of(known: Placed, dense: Sequence[DenseDepth]) -> Evidence:
    """Of all pixels of all placed photos, row by row."""
    rows, changes, start = [], [], 0
    for number, one in enumerate(dense):
        grid, size = len(one.depth), known.own[number].depth.shape[0]
        place = pixels_of(grid, size)
        rows.append(start + place[:, None] * size + place[None])
        before = known.own[number].depth * known.scales[number]
        changes.append(one.depth / before[place[:, None], place[None]])
        start += size * size
    return Evidence(
        checked=_flat([one.checked for one in dense]),
        depth_change=_flat(changes).float(),
        match_error=_flat([one.match_error for one in dense]).float(),
        predicted_row=_flat(rows),
    )


def kept(known: Placed, shown: Sequence[Surface], dense: Sequence[DenseDepth]) -> Tensor:
    """(N,) bool: each surface once, told by the photo that is trusted most."""
    return _flat(keep_masks(shown, dense, known.shots, known.focals_sides))


def _flat(maps: Sequence[np.ndarray]) -> Tensor:
    return torch.cat([torch.from_numpy(np.ascontiguousarray(one)).flatten() for one in maps])

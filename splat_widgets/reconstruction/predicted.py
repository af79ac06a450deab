"""What the network says of the photos: the scene that it predicts, and priors for the geometry."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from splat_widgets.geometry.pose import focal_from_points, pose_from_points
from splat_widgets.models.predictor import Group
from splat_widgets.refinement.correction import sampled
from splat_widgets.refinement.prior import pair_prior
from splat_widgets.refinement.records import PairPrior, Pose, Shot, SparseDepths
from splat_widgets.refinement.solution import Edge, Solution
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.maps import PhotoMaps, moved

logger = logging.getLogger(__name__)

Cameras = tuple[Camera | None, ...]
Ratios = tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class OwnMaps:
    """The maps of one photo in the frame of its own camera, as one pair predicted them."""

    maps: PhotoMaps  # in their own unit
    depth: np.ndarray  # (S, S) along the optical axis, > 0
    to_camera: Pose  # from the frame of the pair's first photo


def pair_maps(
    groups: Sequence[Group], edges: Sequence[Edge]
) -> dict[Edge, tuple[PhotoMaps, PhotoMaps]]:
    """The maps of each pair of photos, in the frame of its first one.

    A model that predicts all photos in one frame serves every pair whose first camera its points
    give; other pairs are left out.
    """
    found = {}
    for edge in edges:
        holding = [group for group in groups if set(edge) <= set(group.photos)]
        for group in sorted(holding, key=lambda group: group.photos[0] != edge[0]):
            first, second = (group.maps[group.photos.index(photo)] for photo in edge)
            if group.photos[0] != edge[0]:
                T_camera_frame = _own_camera(group, edge[0])
                if T_camera_frame is None:
                    continue
                first, second = (moved(one, T_camera_frame) for one in (first, second))
            found[edge] = (first, second)
            break
    return found


def _own_camera(group: Group, photo: int) -> Tensor | None:
    """(4, 4) from the frame of a group to the camera of one of its photos."""
    cameras, _ = estimated_cameras(group.maps)
    camera = cameras[group.photos.index(photo)]
    return None if camera is None else camera.T_camera_world


def priors_of(
    maps: Mapping[Edge, tuple[PhotoMaps, PhotoMaps]], shots: Sequence[Shot]
) -> dict[Edge, PairPrior]:
    """What the network says of each pair, for the geometry."""
    return {edge: prior_of(edge, pair, shots) for edge, pair in maps.items()}


def prior_of(edge: Edge, maps: tuple[PhotoMaps, PhotoMaps], shots: Sequence[Shot]) -> PairPrior:
    """What the network says of one pair of all shots."""
    first, second = (shots[photo] for photo in edge)
    return pair_prior(maps, (first.window, second.window), first.focal_sides)


def own_maps(
    photo: int,
    maps: Mapping[Edge, tuple[PhotoMaps, PhotoMaps]],
    told: Callable[[Edge], PairPrior],
    solution: Solution,
) -> OwnMaps | None:
    """The maps of a photo from its best-connected pair; None if no pair with it was decoded.

    Args:
        photo: its index.
        maps: of each pair.
        told: what the network says of a pair; takes time, so few are asked.
        solution: of all photos.
    """
    inliers = {verdict.photos: verdict.num_inliers for verdict in solution.verdicts}
    edges = [edge for edge in maps if photo in edge]
    if not edges:
        return None
    edges.sort(key=lambda edge: -inliers.get(edge, 0))
    # A second photo whose pose the points do not give has no depth of its own.
    placed = (edge for edge in edges if edge[0] == photo or told(edge).pose is not None)
    best = next(placed, edges[0])
    side, prior = best.index(photo), told(best)
    if side == 0:
        to_camera = Pose(np.eye(3), np.zeros(3))
    elif prior.pose is not None:
        to_camera = prior.pose
    else:
        one, other = solution.poses[best[0]], solution.poses[photo]
        assert one is not None and other is not None, "only photos of one set are placed"
        to_camera = Pose(other.after(one.inverse).R, np.zeros(3))
    own = moved(maps[best][side], matrix(to_camera))
    return OwnMaps(own, prior.depths[side], to_camera)


def scale_to(own: OwnMaps, shot: Shot, sparse: SparseDepths) -> float:
    """Scene units in one unit of a photo's maps: the median over its matches; 1 without any."""
    grid = own.depth.shape[0]
    at = shot.window.to_pixels(sparse.sides, grid)
    inside = ((at >= 0) & (at < grid)).all(1)
    if not inside.any():
        return 1.0
    depth = sampled(own.depth, at[inside])
    return float(np.exp(np.median(np.log(sparse.depths[inside]) - np.log(depth))))


def matrix(pose: Pose) -> Tensor:
    """(4, 4) float32 of a pose."""
    T = torch.eye(4, dtype=torch.float32, device="cpu")
    T[:3, :3] = torch.from_numpy(np.asarray(pose.R))
    T[:3, 3] = torch.from_numpy(np.asarray(pose.t))
    return T


def estimated_cameras(maps: Sequence[PhotoMaps]) -> tuple[Cameras, Ratios]:
    """Cameras of photos in one frame, taken to have one focal length, from their points.

    Returns:
        The cameras, and the share of each photo's points that agree with its camera; None for the
        first photo and where no camera is found.
    """
    cameras: list[Camera | None] = [None] * len(maps)
    ratios: list[float | None] = [None] * len(maps)
    focal_px = focal_from_points(maps[0].points, maps[0].confidence)
    if focal_px is None:
        logger.warning("the points of photo 1 give no focal length, so no camera is known")
        return tuple(cameras), tuple(ratios)
    height, width = maps[0].confidence.shape
    cameras[0] = Camera.centred(focal_px, width, height)
    for k, one in enumerate(maps[1:], start=1):
        found = pose_from_points(one.points, one.confidence, focal_px)
        if found is None:
            logger.warning("the points of photo %d give no pose: its camera is not known", k + 1)
        else:
            cameras[k], ratios[k] = _camera(one, focal_px, found[0]), found[1]
    return tuple(cameras), tuple(ratios)


def _camera(maps: PhotoMaps, focal_px: float, T_world_camera: Tensor) -> Camera:
    height, width = maps.confidence.shape
    return Camera.centred(focal_px, width, height, T_world_camera)

"""What the network says of two photos, as a prior of their geometry."""

from __future__ import annotations

import numpy as np

from splat_widgets.geometry.pose import focal_from_points, pose_from_points
from splat_widgets.refinement.records import PairPrior, Pose, Window
from splat_widgets.scene.maps import PhotoMaps

_NEAREST = 0.05  # of the median depth; a point map may have points behind its camera


def pair_prior(
    maps: tuple[PhotoMaps, PhotoMaps],
    windows: tuple[Window, Window],
    focal_sides: float | None = None,
) -> PairPrior:
    """Depths, confidences, focal length and pose of a pair.

    Without a pose the depths of the second photo are those along the first one's axis, which says
    little; `PairPrior.pose` tells.

    Args:
        maps: of both photos without batch axis, in the frame of the first one.
        windows: what the maps show of their photos.
        focal_sides: if it is known; else the points tell.
    """
    grid = maps[0].points.shape[1]
    found = focal_from_points(maps[0].points, maps[0].confidence)
    estimated = None if found is None else found / grid * windows[0].size
    focal = estimated if focal_sides is None else focal_sides
    pose = None
    if focal is not None:
        # Both photos are taken to have one focal length until matches say otherwise.
        focal_px = focal * maps[1].points.shape[1] / windows[1].size
        camera = pose_from_points(maps[1].points, maps[1].confidence, focal_px)
        if camera is not None:
            T = camera[0].double().numpy()
            pose = Pose(T[:3, :3], T[:3, 3]).inverse
    first, second = (one.points.double().cpu().numpy() for one in maps)
    if pose is not None:
        second = pose.apply(second)
    here, there = (one.confidence.double().cpu().numpy() for one in maps)
    return PairPrior(
        depths=(_ahead(first[..., 2]), _ahead(second[..., 2])),
        confidences=(here, there),
        focal_sides=estimated,
        pose=pose,
    )


def _ahead(depth: np.ndarray) -> np.ndarray:
    """Depths that are all in front of the camera."""
    good = depth[np.isfinite(depth) & (depth > 0)]
    middle = float(np.median(good)) if len(good) else 1.0
    return np.maximum(np.nan_to_num(depth, nan=middle), _NEAREST * middle)

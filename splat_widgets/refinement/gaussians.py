"""Gaussians of a photo from its depth: one per pixel of the grid, in the world frame.

Either footprints, which show the photo's colours and cover their pixel's part of the surface, for a
network whose own Gaussians are too coarse to look at; or the network's, moved to the new depth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from splat_widgets.geometry.harmonics import rgb_to_dc, rotated
from splat_widgets.geometry.rotations import multiply, quaternion
from splat_widgets.refinement import grids
from splat_widgets.refinement.covering import THICKNESS, axes, tangents
from splat_widgets.refinement.records import DenseDepth, Pose, Window
from splat_widgets.scene.maps import PhotoMaps

FOOTPRINT = 0.45
"""Standard deviation of a disc over the spacing of the pixels at its depth. Smaller ones are
sharper, but fall apart into a mesh of dots where a pixel of the grid takes three of the screen: 0.4
lets 30 % of the background through between discs, 0.45 20 %, 0.5 14 %. Novel views lose 0.45 dB
from 0.45 to 0.5."""
OPACITY = 0.95


def footprint_maps(
    dense: DenseDepth,
    colours: np.ndarray,
    window: Window,
    focal_sides: float,
    pose: Pose,
    predicted: PhotoMaps,
) -> PhotoMaps:
    """One disc per pixel that lies in the surface and has the pixel's size and colour.

    Args:
        dense: depth on an (n, n) grid.
        colours: (n, n, 3) RGB in [0, 1] of the photo on the grid.
        window: of the grid.
        focal_sides: focal length of the photo.
        pose: world to the photo's camera.
        predicted: (S, S) maps of the network; only their confidence is used, that of the network's
            pixel in which each pixel of the grid lies.

    Raises:
        ValueError: if colours and depth have different sizes, or a depth is not positive.
    """
    n = len(dense.depth)
    if colours.shape != (n, n, 3):
        raise ValueError(f"expected colours of shape {(n, n, 3)}, got {colours.shape}")
    if not (np.isfinite(dense.depth).all() and (dense.depth > 0).all()):
        raise ValueError("expected positive, finite depths")
    steps = tangents(dense.depth, grids.rays(window, focal_sides, n))
    rotations, lengths = axes(steps)
    thickness = THICKNESS * window.size / n / focal_sides * dense.depth[..., None]
    points = _world_points(dense, window, focal_sides, pose)
    return PhotoMaps(
        points=points,
        confidence=predicted.confidence[_pixels(n, predicted)],
        offsets=torch.zeros_like(points),
        scales=_single(FOOTPRINT * np.concatenate([lengths, thickness], -1)),
        quaternions=quaternion(_single(pose.R.T @ rotations)),
        opacities=points.new_full((n, n), OPACITY),
        sh=rgb_to_dc(_single(colours))[..., None, :],
    )


def adapted_maps(
    dense: DenseDepth,
    window: Window,
    focal_sides: float,
    pose: Pose,
    predicted: PhotoMaps,
    predicted_depth: np.ndarray,
    predicted_pose: Pose,
) -> PhotoMaps:
    """The network's Gaussians, each moved along its pixel's ray to the photo's depth.

    Opacities and spherical harmonics are kept, scales and offsets grow with the depth, so that a
    Gaussian covers what it covered in the photo; scales shrink further where several pixels of the
    grid share one of the network's. Rotations and harmonics are turned into the world frame.

    Args:
        dense: depth on an (n, n) grid.
        window: of the grid.
        focal_sides: focal length of the photo.
        pose: world to the photo's camera.
        predicted: (S, S) maps of the network, in the frame of its own first photo.
        predicted_depth: (S, S) their depth along the photo's optical axis, in their own unit, > 0.
        predicted_pose: from their frame to the photo's camera; its translation is not used.
    """
    n = len(dense.depth)
    pixels = _pixels(n, predicted)
    here = replace(predicted, descriptors=None, descriptor_confidence=None)
    here = replace(here, **{k: v[pixels] for k, v in vars(here).items() if v is not None})
    growth = _single(dense.depth) / _single(predicted_depth)[pixels]  # (n, n)
    growth = growth[..., None]
    R_world_predicted = _single(pose.R.T @ predicted_pose.R)
    turn = quaternion(R_world_predicted).expand(n, n, 4)
    sharing = len(predicted.confidence) / n
    return replace(
        here,
        points=_world_points(dense, window, focal_sides, pose),
        offsets=growth * (here.offsets @ R_world_predicted.mT),
        scales=growth * here.scales * min(1.0, sharing),
        quaternions=multiply(turn, here.quaternions),
        sh=rotated(here.sh, R_world_predicted),
    )


def pixels_of(count: int, size: int) -> np.ndarray:
    """(count,) the row, or column, of a map of `size` in which each of a finer grid lies."""
    return ((np.arange(count) + 0.5) * size / count).astype(np.int64).clip(0, size - 1)


def _pixels(count: int, predicted: PhotoMaps) -> tuple[Tensor, Tensor]:
    height, width = predicted.confidence.shape
    rows, columns = (torch.from_numpy(pixels_of(count, size)) for size in (height, width))
    return rows[:, None], columns[None]


def _world_points(dense: DenseDepth, window: Window, focal_sides: float, pose: Pose) -> Tensor:
    rays = grids.rays(window, focal_sides, len(dense.depth))
    return _single(pose.inverse.apply(rays * dense.depth[..., None]))


def _single(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))

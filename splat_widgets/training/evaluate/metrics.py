"""The measures of an evaluation: one number per scene, NaN where a scene has none."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from splat_widgets.geometry.pose import focal_from_points, pose_from_points
from splat_widgets.rendering import psnr, render, ssim
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.training.objectives.losses import best_scales, relative_errors
from splat_widgets.training.objectives.perceptual import perceptual_distance
from splat_widgets.training.procedural.scenes import Pairs, in_camera, seen_by_context

DELTA = 1.25
NUM_DECILES = 10
_LEAST_COVERED = 0.02  # share of a target view; with less there is nothing to compare
_SAME_POSE = 1e-5  # between entries of matrices, metres for the translation
_STANDING_STILL = 1e-3  # metres; a shorter translation has no direction


def point_errors(points: Tensor, pairs: Pairs) -> Tensor:
    """(B, 2) median over a photo's valid pixels of the relative point error.

    The error is the distance of a predicted point from the true one, over the true point's distance
    from its own camera. Both photos are in the frame of the first camera.
    """
    error = relative_errors(points, pairs).masked_fill(~pairs.valid, torch.nan)
    return error.flatten(2).nanmedian(2).values


def aligned(points: Tensor, pairs: Pairs) -> Tensor:
    """The points times one factor per scene, `losses.best_scales`, for both photos together."""
    return points * best_scales(points, pairs)[:, None, None, None, None]


def depth_errors(points: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
    """AbsRel and the share within a factor of 1.25, (B, 2) each, in metres.

    The mean over a photo's valid pixels of |z - truth| / truth, and the share of them with
    max(z / truth, truth / z) < 1.25 (Eigen et al. 2014), z along each photo's own optical axis. The
    *true* pose takes the second photo's points to its camera, so that an error of the common frame
    shows here too.
    """
    z, truth = in_camera(points, pairs.T_first_camera)[..., 2], pairs.depth.clamp_min(1e-3)
    relative = ((z - truth).abs() / truth).masked_fill(~pairs.valid, torch.nan)
    ratio = z.clamp_min(1e-6) / truth
    close = (torch.maximum(ratio, 1 / ratio) < DELTA).float().masked_fill(~pairs.valid, torch.nan)
    return relative.flatten(2).nanmean(2), close.flatten(2).nanmean(2)


def pose_of_maps(points: Tensor, confidence: Tensor) -> Tensor | None:
    """(4, 4) second camera to first from (2, H, W, 3) points, as `reconstruct` finds it.

    None if the points give no focal length or no pose.
    """
    focal_px = focal_from_points(points[0], confidence[0])
    found = None if focal_px is None else pose_from_points(points[1], confidence[1], focal_px)
    return None if found is None else found[0]


def pose_errors(estimate: Tensor | None, truth: Tensor) -> tuple[float, float]:
    """Angle of rotation and angle of the direction of translation, degrees.

    Args:
        estimate: (4, 4), or None, which gives NaN twice. Without a translation the second angle is
            NaN.
        truth: (4, 4).
    """
    if estimate is None:
        return math.nan, math.nan
    a, b = estimate.double().cpu(), truth.double().cpu()
    # From the chord, not the trace: an arc cosine near 1 loses half of the digits.
    chord = torch.linalg.matrix_norm(a[:3, :3] - b[:3, :3]) / math.sqrt(8)
    rotation = 2 * math.degrees(math.asin(min(1.0, float(chord))))
    one, other = a[:3, 3], b[:3, 3]
    if min(one.norm(), other.norm()) < _STANDING_STILL:
        return rotation, math.nan
    sine, cosine = torch.linalg.cross(one, other).norm(), one @ other
    return rotation, math.degrees(math.atan2(float(sine), float(cosine)))


def picture_scores(pictures: Tensor, pairs: Pairs) -> Tensor:
    """(B, 3) PSNR in dB, SSIM and perceptual distance of target views, averaged over the targets.

    Only pixels whose point a photo of the pair sees count. Targets with few such pixels are left
    out, and so are targets whose camera is one of the pair's.

    Args:
        pictures: (B, T, 3, H, W) of the target views.
        pairs: with targets.
    """
    if pairs.targets is None:
        raise ValueError("expected pairs with target views; render them with `targets=1` or more")
    masks = seen_by_context(pairs)
    truth, pictures = pairs.targets.images, pictures.clamp(0, 1)
    poses, own = pairs.targets.T_first_camera, pairs.T_first_camera
    novel = ((poses[:, :, None] - own[:, None]).abs().amax((-1, -2)) > _SAME_POSE).all(-1)
    rows = []
    for scene in range(len(pairs)):
        scores = []
        for k in range(masks.shape[1]):
            mask = masks[scene, k]
            if not novel[scene, k] or mask.float().mean() < _LEAST_COVERED:
                continue
            one, other = (part[scene, k].movedim(0, -1) for part in (pictures, truth))
            distance = perceptual_distance(
                pictures[scene, k, None], truth[scene, k, None], mask=mask[None]
            )
            scores.append(
                [psnr(one, other, mask=mask), ssim(one, other, mask=mask), float(distance)]
            )
        rows.append(torch.tensor(scores).mean(0) if scores else torch.full((3,), torch.nan))
    return torch.stack(rows)


def target_pictures(gaussians: Gaussians, pairs: Pairs, scene: int) -> Tensor:
    """(T, 3, H, W) pictures of Gaussians from the true target cameras of a scene, over black."""
    targets = pairs.targets
    assert targets is not None
    H, W = targets.images.shape[-2:]
    focal_px = float(pairs.focal_px[scene])
    cameras = [Camera.centred(focal_px, W, H, pose) for pose in targets.T_first_camera[scene]]
    pictures = [render(gaussians, camera).color for camera in cameras]
    return torch.stack(pictures).movedim(-1, 1)


def errors_by_confidence(points: Tensor, confidence: Tensor, pairs: Pairs, parts: int) -> Tensor:
    """(B, parts) median relative error of a scene's pixels, least confident part first.

    The valid pixels of both photos are sorted by confidence and cut into parts of equal size.
    """
    errors = relative_errors(points, pairs)
    rows = []
    for error, sure, valid in zip(errors, confidence, pairs.valid, strict=True):
        order = sure[valid].argsort(stable=True)
        chunks = error[valid][order].tensor_split(parts)
        rows.append([float(c.median()) if len(c) else math.nan for c in chunks])
    return torch.tensor(rows)

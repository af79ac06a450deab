"""What a user gets from two photos of held-out scenes: the network's scene and the refined one.

The other measures of this folder ask the network at its own size. Here `reconstruct` gets photos of
512 px, and a novel view is compared fairly: with a supersampled picture of 256 px, drawn from the
true place but with the scene's own focal length and after one scale. A scene of a wrong focal
length is a squeezed one that looks right through its own lens; against aliased pictures, splats of
exact geometry lose 5 dB. What neither photo shows is black in a scene, so there are two numbers:
over the pixels that a photo of the pair shows, and over the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.models.splatt3r.network import Splatt3R
from splat_widgets.reconstruction import reconstruct
from splat_widgets.rendering import psnr, render
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.training.evaluate import guesses, metrics
from splat_widgets.training.evaluate.records import PhotoEvaluation, PhotoSummary
from splat_widgets.training.objectives.losses import best_scales
from splat_widgets.training.procedural.data import HELD_OUT_SEED
from splat_widgets.training.procedural.scenes import (
    Pairs,
    Targets,
    render_pairs,
    seen_by_context,
)

PHOTO_PX, PICTURE_PX = 512, 256
_EXACT_SIGMA, _EXACT_OPACITY = 0.4, 0.95  # of splats of exact geometry; sigma in pixels
_LEAST_SHOWN = 0.02  # share of a target picture; with less there is nothing to compare
WORSE = 1.1
"""A refined scene is worse if its scaled point error is above this factor of the network's."""


def evaluate_photos(
    model: Splatt3R,
    num_scenes: int,
    *,
    num_targets: int = 2,
    num_training_scenes: int = 512,
    report: Callable[[int, int], object] | None = None,
) -> PhotoEvaluation:
    """Judge what `reconstruct` makes of photos with a network.

    Args:
        model: in any mode.
        num_scenes: the first held-out scenes.
        num_targets: target views of each scene.
        num_training_scenes: number of scenes that the best plane comes from.
        report: called with the number of evaluated scenes and of all.

    Raises:
        ValueError: for fewer than one scene or target.
    """
    if min(num_scenes, num_targets) < 1:
        raise ValueError(
            f"expected at least one scene and one target view, got {num_scenes} and {num_targets}"
        )
    plane_metres = guesses.best_depth(guesses.training_scenes(num_training_scenes, 128))
    rows: dict[str, list[dict[str, float]]] = {
        name: [] for name in ("network", "refined", "plane", "exact")
    }
    answered = []
    for number in range(num_scenes):
        seed = HELD_OUT_SEED + number
        photos, truth = rendered(seed, num_targets)
        pictures = [
            (image.movedim(0, -1) * 255).round().byte().numpy() for image in photos.images[0]
        ]
        scene = reconstruct(pictures, model=model, refine=True, progress=False)
        predicted = scene.predicted
        assert predicted is not None, "a scene of photos knows what was predicted"
        answered.append(scene.refinement is not None and scene.refinement.applied)
        rows["network"].append(scene_scores(predicted, truth))
        # Refused scenes count with the network's errors.
        rows["refined"].append(scene_scores(scene, truth))
        rows["plane"].append(plane_scores(photos, truth, plane_metres))
        rows["exact"].append(exact_scores(photos, truth))
        if report is not None:
            report(number + 1, num_scenes)
    worse = [
        _both(after) > WORSE * _both(before)
        for before, after in zip(rows["network"], rows["refined"], strict=True)
    ]
    return PhotoEvaluation(
        first_seed=HELD_OUT_SEED,
        num_scenes=num_scenes,
        num_targets=num_targets,
        answered=sum(answered) / num_scenes,
        worse=sum(worse) / num_scenes,
        **{name: PhotoSummary.over(values) for name, values in rows.items()},
    )


def rendered(seed: int, num_targets: int) -> tuple[Pairs, Pairs]:
    """A pair as photos of 512 px, and its geometry at 256 px with supersampled target pictures."""
    photos = render_pairs([seed], PHOTO_PX, targets=num_targets)
    truth = render_pairs([seed], PICTURE_PX, targets=num_targets, shadows=False)
    assert photos.targets is not None and truth.targets is not None
    fine = F.avg_pool2d(photos.targets.images[0], PHOTO_PX // PICTURE_PX)[None]
    return photos, replace(truth, targets=replace(truth.targets, images=fine))


def scene_scores(scene: Scene, truth: Pairs) -> dict[str, float]:
    """Errors of one scene of two photos, by the names of `PhotoSummary`; NaN for what it lacks.

    Args:
        scene: of two square photos with one grid size.
        truth: the scene's pair and targets, of the pictures' size.
    """
    size = scene.maps[0].confidence.shape[-1]
    there = truth if size == PICTURE_PX else _at_size(truth, size)
    points = torch.stack([maps.points for maps in scene.maps])[None]
    errors = metrics.point_errors(metrics.aligned(points, there), there)[0].tolist()
    camera, other = scene.cameras[0], scene.cameras[1]
    focal = math.nan if camera is None else camera.focal_px / camera.width
    true_focal = float(truth.focal_px[0]) / PICTURE_PX
    pose = None if other is None else other.T_world_camera
    rotation, direction = metrics.pose_errors(pose, truth.T_first_camera[0, 1])
    factor = float(best_scales(points, there)[0])
    gaussians = scene.gaussians
    scaled = replace(gaussians, means=gaussians.means * factor, scales=gaussians.scales * factor)
    lens = true_focal if math.isnan(focal) else focal
    return {
        "aligned1": errors[0],
        "aligned2": errors[1],
        "rotation_deg": rotation,
        "direction_deg": direction,
        "focal": abs(focal / true_focal - 1),
        **fair_scores(scaled, truth, lens),
    }


def fair_scores(gaussians: Gaussians, truth: Pairs, focal: float) -> dict[str, float]:
    """PSNR of target pictures of a scene.

    Args:
        gaussians: in true metres.
        truth: of one scene, with targets.
        focal: the scene's own, in picture widths.
    """
    pictures = []
    for pose in _targets(truth).T_first_camera[0]:
        camera = Camera.centred(focal * PICTURE_PX, PICTURE_PX, PICTURE_PX, pose)
        pictures.append(render(gaussians, camera).color.movedim(-1, 0))
    return _psnrs(pictures, truth)


def exact_scores(photos: Pairs, truth: Pairs) -> dict[str, float]:
    """`fair_scores` of one splat per pixel at the true place, of the pixel's size and colour."""
    depth = truth.depth[0].clamp(0.05, 1e3)
    sigma = _EXACT_SIGMA * depth / truth.focal_px[0]
    colours = F.avg_pool2d(photos.images[0], PHOTO_PX // PICTURE_PX).movedim(1, -1)
    count = depth.numel()
    splats = Gaussians(
        means=truth.points[0].reshape(count, 3),
        scales=sigma.reshape(count, 1).expand(count, 3).contiguous(),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.full((count,), _EXACT_OPACITY),
        sh=rgb_to_dc(colours.reshape(count, 1, 3)),
    )
    return fair_scores(splats, truth, float(truth.focal_px[0]) / PICTURE_PX)


def plane_scores(photos: Pairs, truth: Pairs, metres: float) -> dict[str, float]:
    """Of the nearer photo, moved to the target by the true pose as if it showed a plane."""
    warped = guesses.warped_photos(photos, metres)[0]
    return _psnrs(list(F.avg_pool2d(warped, PHOTO_PX // PICTURE_PX)), truth)


def _psnrs(pictures: Sequence[Tensor], truth: Pairs) -> dict[str, float]:
    """Means over the targets: of the pixels that a photo of the pair shows, and of all."""
    shown, whole = [], []
    masks = seen_by_context(truth)[0]
    for picture, true, mask in zip(pictures, _targets(truth).images[0], masks, strict=True):
        one, other = picture.clamp(0, 1).movedim(0, -1), true.movedim(0, -1)
        whole.append(psnr(one, other))
        if mask.float().mean() >= _LEAST_SHOWN:
            shown.append(psnr(one, other, mask=mask))
    return {
        "psnr": sum(shown) / len(shown) if shown else math.nan,
        "psnr_whole": sum(whole) / len(whole),
    }


def _targets(truth: Pairs) -> Targets:
    assert truth.targets is not None, "the truth was rendered with targets"
    return truth.targets


def _at_size(truth: Pairs, size: int) -> Pairs:
    """The same pair's geometry on another grid."""
    return render_pairs(truth.seeds.tolist(), size, shadows=False)


def _both(scores: dict[str, float]) -> float:
    return (scores["aligned1"] + scores["aligned2"]) / 2

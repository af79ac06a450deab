"""Evaluating a network on held-out scenes, compared with guesses and classical stereo."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from splat_widgets.models.splatt3r.network import PairMaps, Splatt3R
from splat_widgets.scene.maps import gaussians_of
from splat_widgets.training.evaluate import guesses, metrics
from splat_widgets.training.evaluate.records import METHODS, Evaluation, Range, Scores, Summary
from splat_widgets.training.evaluate.stereo import stereo
from splat_widgets.training.objectives.losses import best_scales
from splat_widgets.training.procedural.data import HELD_OUT_SEED
from splat_widgets.training.procedural.scenes import Pairs, render_pairs

NUM_SCENES = 256
NUM_TARGETS = 2
BASELINE_EDGES = (0.05, 0.12, 0.25)
"""Limits between the ranges of baselines, over the median depth of the first photo."""

_BLOCK = 8
_LEAST_ANSWERED = 0.05  # of the valid pixels: stereo with fewer has found nothing


def held_out(num_scenes: int, image_size: int) -> list[Pairs]:
    """The fixed evaluation scenes, in blocks, without target views."""
    return list(_blocks(num_scenes, image_size, targets=0))


def predict_points(model: Splatt3R, images: Tensor) -> tuple[Tensor, Tensor]:
    """Points (B, 2, H, W, 3) and confidence (B, 2, H, W) of pairs of pictures (B, 2, 3, H, W)."""
    maps = model(images[:, 0], images[:, 1])
    return maps.points, maps.confidence


def evaluate(
    model: Splatt3R,
    num_scenes: int = NUM_SCENES,
    *,
    num_targets: int = NUM_TARGETS,
    num_training_scenes: int = 512,
    report: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Judge a network.

    Args:
        model: in any mode; gradients are off.
        num_scenes: how many of the held-out scenes.
        num_targets: target views of each scene, which are rendered and compared.
        num_training_scenes: number of scenes that the mean point map and the best plane come from.
        report: called with the number of evaluated scenes and of all.

    Raises:
        ValueError: for fewer than one scene or target.
    """
    if min(num_scenes, num_targets, num_training_scenes) < 1:
        raise ValueError(
            "expected at least one scene, one target view and one training scene, got "
            f"{num_scenes}, {num_targets} and {num_training_scenes}"
        )
    size = model.config.image_size
    known = guesses.training_scenes(num_training_scenes, size)
    mean, depth = guesses.mean_point_map(known, size), guesses.best_depth(known)
    usual_pose = metrics.pose_of_maps(mean, torch.ones_like(mean[..., 0]))
    parts: dict[str, list[Scores]] = {name: [] for name in METHODS}
    shares, deciles, halves = [], [], []
    with torch.inference_mode():
        for block in _blocks(num_scenes, size, targets=num_targets):
            shares.append(baseline_shares(block))
            maps = model(*block.to(model.device).images.unbind(1))
            maps = PairMaps(maps.first.to("cpu"), maps.second.to("cpu"))
            points, confidence = maps.points, maps.confidence
            ours = judge_points(points, block, _poses(points, confidence))
            parts["network"].append(replace(ours, **_rendered(maps, points, block)))
            deciles.append(
                metrics.errors_by_confidence(points, confidence, block, metrics.NUM_DECILES)
            )
            halves.append(metrics.errors_by_confidence(points, confidence, block, 2))
            twice, sure = predict_points(model, block.images[:, [0, 0]].to(model.device))
            twice, sure = twice.cpu(), sure.cpu()
            parts["first_photo_twice"].append(judge_points(twice, block, _poses(twice, sure)))
            flat = mean.expand_as(points)
            parts["mean_points"].append(judge_points(flat, block, [usual_pose] * len(block)))
            parts["constant_depth"].append(judge_points(guesses.plane(block, depth), block))
            still = [torch.eye(4)] * len(block)
            parts["identity_pose"].append(Scores.of(len(block), **_judge_poses(still, block)))
            classical, same = _judge_stereo(points, ours, block)
            parts["stereo"].append(classical)
            parts["network_where_stereo"].append(same)
            for name, pictures in (
                ("nearest_photo", guesses.nearest_photos(block)[0]),
                ("nearest_photo_on_plane", guesses.warped_photos(block, depth)),
            ):
                scores = _picture_scores(pictures, block)
                parts[name].append(Scores.of(len(block), **scores))
            if report is not None:
                report(sum(map(len, shares)), num_scenes)
    share = torch.cat(shares)
    limits = [(0.0, math.inf), *pairwise((0.0, *BASELINE_EDGES, math.inf))]
    chosen = [(share >= low) & (share < high) for low, high in limits]
    less_sure, surer = torch.cat(halves).nanmedian(0).values.tolist()
    return Evaluation(
        image_size=size,
        first_seed=HELD_OUT_SEED,
        num_scenes=num_scenes,
        num_targets=num_targets,
        plane_metres=depth,
        ranges=tuple(
            Range(low, None if high == math.inf else high, int(those.sum()))
            for (low, high), those in zip(limits, chosen, strict=True)
        ),
        **{
            name: tuple(Summary.over(Scores.cat(blocks), those) for those in chosen)
            for name, blocks in parts.items()
        },
        error_by_decile=tuple(torch.cat(deciles).nanmedian(0).values.tolist()),
        less_sure_half=less_sure,
        surer_half=surer,
        photos=None,
    )


def baseline_shares(pairs: Pairs) -> Tensor:
    """(B,) distance of the cameras over the median depth of the first photo."""
    depth = pairs.depth[:, 0].masked_fill(~pairs.valid[:, 0], torch.nan)
    middle = depth.flatten(1).nanmedian(1).values
    return pairs.T_first_camera[:, 1, :3, 3].norm(dim=-1) / middle


def judge_points(
    points: Tensor, pairs: Pairs, poses: Sequence[Tensor | None] | None = None
) -> Scores:
    """Scores of points (B, 2, H, W, 3), and of the second cameras' poses if they are given."""
    errors = metrics.point_errors(points, pairs)
    scaled = metrics.point_errors(metrics.aligned(points, pairs), pairs)
    relative, close = metrics.depth_errors(points, pairs)
    return Scores.of(
        len(pairs),
        error1=errors[:, 0],
        error2=errors[:, 1],
        aligned1=scaled[:, 0],
        aligned2=scaled[:, 1],
        abs_rel1=relative[:, 0],
        abs_rel2=relative[:, 1],
        delta1=close[:, 0],
        delta2=close[:, 1],
        **({} if poses is None else _judge_poses(poses, pairs)),
    )


def _blocks(num_scenes: int, image_size: int, *, targets: int) -> Iterator[Pairs]:
    last = HELD_OUT_SEED + num_scenes
    for seed in range(HELD_OUT_SEED, last, _BLOCK):
        yield render_pairs(range(seed, min(seed + _BLOCK, last)), image_size, targets=targets)


def _poses(points: Tensor, confidence: Tensor) -> list[Tensor | None]:
    return [metrics.pose_of_maps(*scene) for scene in zip(points, confidence, strict=True)]


def _judge_poses(poses: Sequence[Tensor | None], pairs: Pairs) -> dict[str, Tensor]:
    errors = [
        metrics.pose_errors(pose, truth)
        for pose, truth in zip(poses, pairs.T_first_camera[:, 1], strict=True)
    ]
    rotation, direction = torch.tensor(errors).unbind(1)
    return {"rotation_deg": rotation, "direction_deg": direction}


def _judge_stereo(points: Tensor, ours: Scores, pairs: Pairs) -> tuple[Scores, Scores]:
    """Scores of stereo, and of the network's points on the pixels that stereo answers.

    Stereo receives the true length of the baseline, which it cannot measure.
    """
    theirs, found = torch.zeros_like(points), torch.zeros_like(pairs.valid)
    poses: list[Tensor | None] = []
    for k in range(len(pairs)):
        truth = pairs.T_first_camera[k, 1, :3, 3]
        result = stereo(*pairs.images[k], focal_px=float(pairs.focal_px[k]))
        poses.append(None if result is None else result.T_first_second)
        if result is not None:
            theirs[k] = result.points * truth.norm()
            found[k] = result.found
    valid = pairs.valid & found
    share = valid.flatten(1).sum(1) / pairs.valid.flatten(1).sum(1).clamp_min(1)
    valid &= (share >= _LEAST_ANSWERED)[:, None, None, None]
    share = torch.where(share >= _LEAST_ANSWERED, share, torch.nan)
    there = replace(pairs, valid=valid)
    classical = replace(judge_points(theirs, there, poses), pixels=share)
    same = judge_points(points, there)
    posed = torch.tensor([pose is not None for pose in poses])
    return classical, replace(
        same,
        pixels=share,
        rotation_deg=torch.where(posed, ours.rotation_deg, torch.nan),
        direction_deg=torch.where(posed, ours.direction_deg, torch.nan),
    )


def _rendered(maps: PairMaps, points: Tensor, pairs: Pairs) -> dict[str, Tensor]:
    """Scores of the target views, drawn in the predicted metres and after one scale per scene."""
    plain, scaled = [], []
    for k, scale in enumerate(best_scales(points, pairs).tolist()):
        scene = maps.unbatched(k)
        plain.append(metrics.target_pictures(gaussians_of(scene), pairs, k))
        scaled.append(metrics.target_pictures(gaussians_of(scene, scale), pairs, k))
    return {
        **_picture_scores(torch.stack(plain), pairs),
        **_picture_scores(torch.stack(scaled), pairs, "_aligned"),
    }


def _picture_scores(pictures: Tensor, pairs: Pairs, ending: str = "") -> dict[str, Tensor]:
    psnr, ssim, perceptual = metrics.picture_scores(pictures, pairs).unbind(1)
    return {f"psnr{ending}": psnr, f"ssim{ending}": ssim, f"perceptual{ending}": perceptual}

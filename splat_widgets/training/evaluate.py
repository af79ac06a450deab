"""How good a network's points are on held-out scenes, beside what a guess reaches."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from splat_widgets.model.splatt3r import Splatt3R
from splat_widgets.training.data import HELD_OUT_SEED
from splat_widgets.training.losses import best_scales, relative_errors
from splat_widgets.training.scenes import Pairs, render_pairs
from splat_widgets.weights import load_model

_BLOCK = 8


@dataclass(frozen=True)
class PointErrors:
    """Median over scenes of each scene's median relative error over its valid pixels.

    The error of a point is its distance from the truth over the true point's distance from its own
    camera; the second view's points are judged in the first camera's frame. "Aligned" is after the
    best single scale per scene.
    """

    first: float
    second: float
    first_aligned: float
    second_aligned: float

    def to_json(self) -> dict[str, float]:
        """The fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class Evaluation:
    """Errors of a network and of the guesses it is held against, on the same scenes."""

    network: PointErrors
    same_photo_twice: PointErrors  # the second picture replaced by the first, judged as the second
    constant_depth: PointErrors  # the best plane parallel to the picture, of all scenes together
    mean_points: PointErrors  # the mean point map of training scenes
    calibration: tuple[
        float, float
    ]  # median error of the surer and of the less sure half of pixels
    num_scenes: int

    def table(self) -> str:
        """Markdown."""
        names = {
            "this network": self.network,
            "this network, first photo given twice": self.same_photo_twice,
            "mean point map of training scenes": self.mean_points,
            "best plane of constant depth": self.constant_depth,
        }
        lines = [
            "| | view 1 | view 2 | view 1, scaled | view 2, scaled |",
            "| --- | --- | --- | --- | --- |",
        ]
        for name, errors in names.items():
            cells = " | ".join(f"{value:.3f}" for value in errors.to_json().values())
            lines.append(f"| {name} | {cells} |")
        return "\n".join(lines)


def held_out(num_scenes: int, image_size: int) -> list[Pairs]:
    """The fixed evaluation scenes, in blocks."""
    last = HELD_OUT_SEED + num_scenes
    return [
        render_pairs(range(seed, min(seed + _BLOCK, last)), image_size)
        for seed in range(HELD_OUT_SEED, last, _BLOCK)
    ]


def evaluate(
    model: Splatt3R,
    num_scenes: int = 256,
    *,
    scenes: Sequence[Pairs] | None = None,
    num_mean_scenes: int = 512,
) -> Evaluation:
    """Judge a network.

    Args:
        model: in any mode; gradients are off.
        num_scenes: how many held-out scenes, ignored if `scenes` are given.
        scenes: blocks from `held_out`, to render them once for several calls.
        num_mean_scenes: training scenes whose mean point map is the baseline.
    """
    size = model.config.image_size
    blocks = held_out(num_scenes, size) if scenes is None else scenes
    guess = mean_point_map(num_mean_scenes, size)
    ours, twice, mean, flat, sure, unsure = [], [], [], [], [], []
    depth = best_depth(blocks)
    with torch.inference_mode():
        for block in blocks:
            block = block.to(model.device)
            points, confidence = predict_points(model, block.images)
            ours.append(_scene_errors(points, block))
            halves = _by_confidence(points, confidence, block)
            sure.append(halves[0])
            unsure.append(halves[1])
            points, _ = predict_points(model, block.images[:, [0, 0]])
            twice.append(_scene_errors(points, block))
            mean.append(_scene_errors(guess.to(points).expand_as(points), block))
            flat.append(_scene_errors(plane(block, depth), block))
    return Evaluation(
        network=_summary(ours),
        same_photo_twice=_summary(twice),
        constant_depth=_summary(flat),
        mean_points=_summary(mean),
        calibration=(float(torch.cat(sure).median()), float(torch.cat(unsure).median())),
        num_scenes=sum(len(block) for block in blocks),
    )


def predict_points(model: Splatt3R, images: Tensor) -> tuple[Tensor, Tensor]:
    """Points (B, 2, H, W, 3) and confidence (B, 2, H, W) of pairs of pictures (B, 2, 3, H, W)."""
    maps = model(images[:, 0], images[:, 1])
    points = torch.stack([maps.first.points, maps.second.points], 1)
    return points, torch.stack([maps.first.confidence, maps.second.confidence], 1)


def mean_point_map(num_scenes: int, image_size: int) -> Tensor:
    """(2, H, W, 3) mean over training scenes of each pixel's point, metres.

    The mean is smooth, so it is taken on a coarser grid and interpolated.
    """
    coarse = max(8, image_size // 4)
    total = torch.zeros(2, coarse, coarse, 3)
    count = torch.zeros(2, coarse, coarse, 1)
    for seed in range(0, num_scenes, 4 * _BLOCK):
        seeds = range(seed, min(seed + 4 * _BLOCK, num_scenes))
        pairs = render_pairs(seeds, coarse, shadows=False)
        valid = pairs.valid[..., None]
        total += torch.where(valid, pairs.points, 0.0).sum(0)
        count += valid.sum(0)
    mean = (total / count.clamp_min(1)).permute(0, 3, 1, 2)
    full = F.interpolate(mean, (image_size, image_size), mode="bilinear", align_corners=False)
    return full.permute(0, 2, 3, 1)


def best_depth(blocks: Sequence[Pairs]) -> float:
    """The depth in metres at which a plane has the least error over all scenes' first views."""
    candidates = torch.linspace(math.log(1), math.log(15), 28).exp().tolist()
    pick = slice(4, None, 8)  # every 8th pixel is enough to choose by
    errors = []
    for depth in candidates:
        medians = []
        for block in blocks:
            error = relative_errors(plane(block, depth), block)[:, 0, pick, pick]
            error = error.masked_fill(~block.valid[:, 0, pick, pick], torch.nan)
            medians.append(error.flatten(1).nanmedian(1).values)
        errors.append(float(torch.cat(medians).median()))
    return candidates[errors.index(min(errors))]


def plane(pairs: Pairs, depth: float) -> Tensor:
    """(B, 2, H, W, 3) points at one depth before the first camera, for both views.

    The guess is given the true focal length, and takes the cameras to coincide.
    """
    H, W = pairs.valid.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(H) + 0.5 - H / 2, torch.arange(W) + 0.5 - W / 2, indexing="ij"
    )
    rays = torch.stack([x, y, torch.zeros_like(x)], -1).to(pairs.points)
    rays = rays / pairs.focal_px[:, None, None, None, None] + rays.new_tensor([0, 0, 1.0])
    return (depth * rays).expand_as(pairs.points)


def _scene_errors(points: Tensor, pairs: Pairs) -> Tensor:
    """(B, 4) the fields of `PointErrors`, per scene."""
    scales = best_scales(points, pairs)[:, None, None, None, None]
    columns = []
    for candidate in (points, points * scales):
        error = relative_errors(candidate, pairs).masked_fill(~pairs.valid, torch.nan)
        columns.append(error.flatten(2).nanmedian(2).values)  # (B, 2)
    return torch.cat(columns, 1)


def _by_confidence(points: Tensor, confidence: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
    """Median error per scene of the pixels above and below its median confidence, (B,) each."""
    error = relative_errors(points, pairs).masked_fill(~pairs.valid, torch.nan)
    middle = confidence.masked_fill(~pairs.valid, torch.nan).flatten(1).nanmedian(1).values
    surer = confidence >= middle[:, None, None, None]
    upper = error.masked_fill(~surer, torch.nan).flatten(1).nanmedian(1).values
    lower = error.masked_fill(surer, torch.nan).flatten(1).nanmedian(1).values
    return upper, lower


def _summary(blocks: Iterable[Tensor]) -> PointErrors:
    return PointErrors(*torch.cat(list(blocks)).median(0).values.tolist())


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="splat_widgets.training.evaluate", description=__doc__)
    parser.add_argument("model", help="folder, checkpoint or name, as `load_model` takes it")
    parser.add_argument("--scenes", type=int, default=256)
    options = parser.parse_args(arguments)
    evaluation = evaluate(load_model(options.model, dtype=torch.float32), options.scenes)
    surer, less = evaluation.calibration
    print(evaluation.table())
    print(f"surer half {surer:.3f}, less sure half {less:.3f}, {evaluation.num_scenes} scenes")


if __name__ == "__main__":
    main()

"""From a training run to what the package carries: weights, card and the demo pair.

    python -m splat_widgets.training.export runs/embedded splat_widgets/embedded
    python -m splat_widgets.training.export --demo splat_widgets/embedded/demo

Every number of the card comes from the evaluation that this command runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from splat_widgets.training.data import HELD_OUT_SEED
from splat_widgets.training.evaluate import Evaluation, evaluate
from splat_widgets.training.fit import RunRecord, read_run
from splat_widgets.training.recipe import Recipe
from splat_widgets.training.scenes import render_pairs
from splat_widgets.weights import save_folder

DEMO_SEED = HELD_OUT_SEED + 1012
"""A scene that neither training nor the evaluation uses."""

SOURCE = "trained by splat_widgets.training on procedural scenes"
LICENSE = "Apache-2.0"
NOTICE = (
    "Embedded model: small, trained on procedural scenes, for trying the tool. "
    'For real photos load the released weights: load_model("official").'
)
_LITTLE_EFFECT = 0.9  # ratio of errors, with and without the second photo, above which we warn
_NOTICE_SECOND = " The second photo has little effect."


def export(checkpoint: Path, folder: Path, num_scenes: int = 256) -> Evaluation:
    """Write the averaged weights of a run in half precision, with a card of what they reach.

    The numbers are those of the rounded weights, as they will be loaded.
    """
    run = read_run(checkpoint)
    model = run.model
    model.load_state_dict({k: v.half().float() for k, v in model.state_dict().items()})
    evaluation = evaluate(model, num_scenes)
    save_folder(
        model,
        folder,
        source=SOURCE,
        license=LICENSE,
        notice=NOTICE + (_NOTICE_SECOND if second_has_little_effect(evaluation) else ""),
        card=card(run, evaluation),
        dtype=torch.float16,
    )
    return evaluation


def _stages(recipe: Recipe) -> str:
    """The recipe's stages as a table, Markdown."""
    lines = ["| stage | steps | pairs a step | rate | of it warm-up | decay |", "| --- " * 6 + "|"]
    lines += [
        f"| {stage.part} | {stage.steps:,} | {stage.batch_size} | {stage.learning_rate:g} "
        f"| {stage.warmup_steps} | {stage.decay_steps} |"
        for stage in recipe.stages
    ]
    return "\n".join(lines)


def second_has_little_effect(evaluation: Evaluation) -> bool:
    """Whether the second view's points are hardly better than with the first photo given twice."""
    ours, twice = evaluation.network.second_aligned, evaluation.same_photo_twice.second_aligned
    return ours > _LITTLE_EFFECT * twice


def columns_better_than_mean(evaluation: Evaluation) -> int:
    """In how many of the four columns of the table the network beats the mean point map."""
    ours, mean = evaluation.network.to_json(), evaluation.mean_points.to_json()
    return sum(ours[name] < mean[name] for name in ours)


def card(run: RunRecord, evaluation: Evaluation) -> str:
    """The model card, Markdown."""
    ours, twice = evaluation.network.second_aligned, evaluation.same_photo_twice.second_aligned
    if second_has_little_effect(evaluation):
        second = _SECOND_HARDLY.format(ours=ours, twice=twice)
    else:
        second = _SECOND_USED.format(ours=ours, twice=twice)
    surer, less = evaluation.calibration
    return _CARD.format(
        parameters=sum(p.numel() for p in run.model.parameters()) / 1e6,
        size=run.model.config.image_size,
        step=run.step,
        hours=run.seconds / 3600,
        pairs=run.recipe.num_pairs,
        stages=_stages(run.recipe),
        weight_decay=run.recipe.weight_decay,
        first_seed=run.recipe.first_seed,
        first_held_out=HELD_OUT_SEED,
        num_scenes=evaluation.num_scenes,
        table=evaluation.table(),
        second=second,
        better=columns_better_than_mean(evaluation),
        surer=surer,
        less=less,
    )


_SECOND_HARDLY = (
    "**The second photo has little effect**: with the first photo given twice, the scaled error\n"
    "of view 2 is {twice:.3f} instead of {ours:.3f}. Depth is mostly guessed from one picture."
)
_SECOND_USED = (
    "The second photo is used: with the first photo given twice, the scaled error of view 2 rises\n"
    "from {ours:.3f} to {twice:.3f}."
)
_CARD = """# Embedded model

A small Splatt3R ({parameters:.1f} M parameters, {size}x{size} pictures) for **trying the tool**
without a network or a large download. It is not the released model and does not come near it. It
has only seen procedural scenes: rooms and open ground with boxes, ellipsoids, cylinders, tables and
doors in noise textures. On real photos expect a rough relief, not a reconstruction.

## Training

{stages}

- {step:,} steps, {pairs:,} pairs in all; each scene is used about four times, with its views
  swapped or mirrored and never with the same photometry.
- {hours:.1f} hours on a shared 2-core CPU. AdamW, weight decay {weight_decay:g}; averaged weights.
- Seeds from {first_seed:,} for the first process, 100,000,000 further on for the second.
- Points: confidence-weighted regression in metres, in the logarithm of the distance. Gaussians:
  closed-form targets first, then what held-out views look like when they are rendered. Auxiliary
  losses ask the trunk for coarse points, places and correspondences between the views. See
  `splat_widgets.training`: `recipe`, `losses`, `rendering`, `scenes`.

```
splat-widgets train --config embedded --folder runs/embedded --devices 2 --threads 1
```

## How good it is

Median relative point error over {num_scenes} held-out scenes (seeds from {first_held_out:,}, never
trained on, without noise or exposure changes): the distance of a point from the truth over its
distance from its own camera. View 2 is judged in the frame of camera 1. "Scaled" is after one best
scale per scene.

{table}

It beats the mean point map of training scenes, which ignores the pictures, in {better} of the 4
columns.

{second}

The half of a scene's pixels with the higher confidence has a median error of {surer:.3f}, the other
half {less:.3f}.

```
python -m splat_widgets.training.evaluate embedded --scenes {num_scenes}
```

## On real photos

Tried on outdoor photos of buildings: the scene is finite and bounded, near at the bottom and the
borders and far in the middle, as rooms are. Do not expect buildings to stand out from the sky.
"""


def write_demo_pair(folder: Path) -> None:
    """`first.jpg` and `second.jpg`, 512x512, of the scene `DEMO_SEED`."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = render_pairs([DEMO_SEED], 512, supersample=3)
    for name, image in zip(("first", "second"), pairs.images[0], strict=True):
        pixels = (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"{name}.jpg", quality=88, subsampling=0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="splat_widgets.training.export", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="RUN FOLDER, or with --demo FOLDER")
    parser.add_argument("--demo", action="store_true", help="write the demo pair instead")
    parser.add_argument("--scenes", type=int, default=256, help="held-out scenes to evaluate on")
    options = parser.parse_args(arguments)
    if len(options.paths) != (1 if options.demo else 2):
        parser.error("expected RUN FOLDER, or --demo FOLDER")
    if options.demo:
        write_demo_pair(options.paths[0])
        return
    started = time.monotonic()
    evaluation = export(options.paths[0], options.paths[1], options.scenes)
    print(evaluation.table())
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

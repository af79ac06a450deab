"""The model card of the embedded network.

What a reader is told of its quality comes from an `Evaluation`, of its training from the run's
record and logs. Two parts are written by hand and hold no numbers: what is trained on what
(`_TRAINING`) and how real photos turn out (`real_photos.md`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from splat_widgets.model.splatt3r import Splatt3R
from splat_widgets.training.curves import Curve, as_text
from splat_widgets.training.evaluate import Evaluation
from splat_widgets.training.evaluate.table import table
from splat_widgets.training.evaluate.verdicts import verdicts

CURVES = ("error", "aligned", "loss", "total", "psnr", "points")
"""Logged columns whose name holds one of these are shown."""


def card(
    model: Splatt3R,
    record: Mapping[str, Any],
    evaluation: Evaluation,
    *,
    real_photos: str,
    curves: Sequence[Curve] = (),
) -> str:
    """The card, Markdown.

    Args:
        model: the network that was evaluated.
        record: `recipe` as plain values, `step` and `seconds` of the run.
        evaluation: of that network.
        real_photos: how real photos turn out, written by someone who looked.
        curves: of the run's logs.
    """
    recipe = record["recipe"]
    shown = [c for c in curves if any(word in c.name.lower() for word in CURVES)]
    settings = {name: value for name, value in recipe.items() if name != "config"}
    return _CARD.format(
        parameters=sum(p.numel() for p in model.parameters()) / 1e6,
        size=model.config.image_size,
        training=_TRAINING.format(
            step=record["step"],
            pairs=record["step"] * recipe["batch_size"],
            batch_size=recipe["batch_size"],
            hours=record["seconds"] / 3600,
        ),
        settings=_listed(settings),
        config=_listed(recipe["config"]),
        command=_COMMAND.format(**settings),
        curves=f"```\n{as_text(shown)}\n```" if shown else "The run kept no logs.",
        num_scenes=evaluation.num_scenes,
        first_seed=evaluation.first_seed,
        last_seed=evaluation.first_seed + evaluation.num_scenes - 1,
        verdicts="\n".join(f"- {verdict.text}" for verdict in verdicts(evaluation)),
        table=table(evaluation),
        real_photos=real_photos.strip(),
    )


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name} = {json.dumps(value)}`" for name, value in values.items())


_TRAINING = """\
- {step:,} steps of {batch_size} pairs, {pairs:,} pairs in all, in {hours:.1f} hours; each scene is
  used several times, with its views swapped or mirrored and never with the same photometry.
- First the encoder alone, then with the decoders, then with the heads; averaged weights.
- Points: confidence-weighted regression in metres, in the logarithm of the distance. Gaussians:
  closed-form targets (a sphere that covers its pixel, opaque where there is a surface); offsets and
  colour residuals are zero, there is no rendering loss yet. Auxiliary losses ask the trunk for
  coarse points, places and correspondences between the views. See
  `splat_widgets.training.losses` and `splat_widgets.training.scenes`."""

_COMMAND = """\
torchrun --nproc-per-node 2 -m splat_widgets.training.recipe runs/embedded --threads 1 \\
    --steps {steps} --encoder-steps {encoder_steps} --trunk-steps {trunk_steps} \\
    --decay-steps {decay_steps}"""

_CARD = """# Embedded model

A small Splatt3R ({parameters:.1f} M parameters, {size}x{size} pictures) for **trying the tool**
without a network or a large download. It is not the released model and does not come near it. It
has only seen procedural scenes: rooms and open ground with boxes, ellipsoids, cylinders, tables and
doors in noise textures. On real photos expect a rough relief, not a reconstruction.

## Training

{training}

Recipe: {settings}.

Network: {config}.

```
{command}
```

Curves, from the first step to the last, each between its own lowest and highest value:

{curves}

## How good it is

On {num_scenes} held-out procedural scenes (seeds {first_seed:,} to {last_seed:,}, never trained on,
without noise or exposure changes), by ranges of the baseline: the distance of the cameras over the
median depth of the first view.

{verdicts}

{table}

All of this is made again by

```
splat-widgets evaluate embedded --scenes {num_scenes} --markdown
```

and stands, with more digits, in `evaluation.json`.

## On real photos

{real_photos}
"""

"""The model card of the embedded network.

What a reader is told of its quality comes from an `Evaluation`, of its training from the run's
record and logs. Two parts are written by hand and hold no numbers: what is trained on what
(`_TRAINING`) and how real photos turn out (`real_photos.md`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from splat_widgets.training.evaluate import Evaluation
from splat_widgets.training.evaluate.table import markdown, table
from splat_widgets.training.evaluate.verdicts import verdicts
from splat_widgets.training.run.curves import Curve, as_text

if TYPE_CHECKING:
    from splat_widgets.training.run.fit import RunRecord

CURVES = ("total", "error", "aligned", "color", "perceptual")
"""Logged columns whose name holds one of these are shown."""


def card(
    run: RunRecord, evaluation: Evaluation, *, real_photos: str, curves: Sequence[Curve] = ()
) -> str:
    """The card, Markdown.

    Args:
        run: whose network was evaluated.
        evaluation: of that network.
        real_photos: how real photos turn out, written by someone who looked.
        curves: of the run's logs.
    """
    recipe = run.recipe.to_json()
    stages = recipe.pop("stages")
    shown = [c for c in curves if any(word in c.name.lower() for word in CURVES)]
    return _CARD.format(
        parameters=sum(p.numel() for p in run.model.parameters()) / 1e6,
        size=run.model.config.image_size,
        training=_TRAINING,
        step=run.step,
        planned=run.recipe.num_steps,
        pairs=run.recipe.num_pairs,
        hours=run.seconds / 3600,
        stages=markdown([list(stages[0]), *([str(v) for v in s.values()] for s in stages)]),
        settings="\n".join(f"{name} = {value}" for name, value in _flat(recipe)),
        curves=f"```\n{as_text(shown)}\n```" if shown else "The run kept no logs.",
        num_scenes=evaluation.num_scenes,
        first_seed=evaluation.first_seed,
        last_seed=evaluation.first_seed + evaluation.num_scenes - 1,
        verdicts="\n".join(f"- {verdict.text}" for verdict in verdicts(evaluation)),
        table=table(evaluation),
        real_photos=real_photos.strip(),
    )


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Nested settings as (dotted name, value)."""
    found = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{name}.")
        elif value is not None:
            found.append((before + name, json.dumps(value)))
    return found


_TRAINING = """\
Pairs of procedural scenes, each used several times, with its views swapped or mirrored and never
with the same photometry. Points: confidence-weighted regression in metres, in the logarithm of the
distance. Gaussians: closed-form targets first, then what held-out views look like when they are
rendered. Auxiliary losses ask the trunk for coarse points, places and correspondences between the
views. The weights are averages over the last steps. See `splat_widgets.training`: `recipe`,
`losses`, `rendering`, `scenes`.

The run that made these weights was stopped and continued several times on a busy computer with two
cores, so its hours say little. Its encoder stage was done by an earlier loop with the same losses,
pairs and optimiser. Its first Gaussian stage diverged at a higher rate, and was begun again; the
later stages were added when the earlier ones had been looked at, and only the last two had the
bound on how far a Gaussian may be out of reach. A run in one piece has not been made."""

_CARD = """# Embedded model

A small Splatt3R ({parameters:.1f} M parameters, {size}x{size} pictures) for **trying the tool**
without a network or a large download. It is not the released model and does not come near it. It
has only seen procedural scenes: rooms and open ground with boxes, ellipsoids, cylinders, tables and
doors in noise textures. On real photos expect a rough relief, not a reconstruction.

## Training

{training}

{step:,} of {planned:,} steps in {hours:.1f} hours; the whole recipe is {pairs:,} pairs:

{stages}

```
{settings}
```

It is followed, and continued after an interruption, by

```
splat-widgets train --config embedded --folder runs/embedded
```

Curves, from the first logged step to the last, each between its own lowest and highest value:

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

"""The model card of a trained network: what its run and its evaluation say, and its author's notes.

Every number comes from the run's record and logs or from an `Evaluation`.
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
    run: RunRecord,
    evaluation: Evaluation,
    *,
    name: str,
    run_folder: str,
    notes: str = "",
    curves: Sequence[Curve] = (),
) -> str:
    """The card, Markdown.

    Args:
        run: the run that trained the network.
        evaluation: of that network.
        name: of the model, and of its folder.
        run_folder: name of the folder that the run was read from.
        notes: Markdown that follows the first paragraph, written by the model's author.
        curves: of the run's logs.
    """
    recipe = run.recipe.to_json()
    stages = recipe.pop("stages")
    shown = [c for c in curves if any(word in c.name.lower() for word in CURVES)]
    return _CARD.format(
        name=name,
        parameters=sum(p.numel() for p in run.model.parameters()) / 1e6,
        size=run.model.config.image_size,
        notes=f"{notes.strip()}\n\n" if notes.strip() else "",
        run_folder=run_folder,
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


_CARD = """# {name}

A Splatt3R with {parameters:.1f} M parameters for {size}x{size} pictures, trained by
`splat_widgets.training`.

{notes}## Training

The run in `{run_folder}` made {step:,} of {planned:,} steps in {hours:.1f} hours; the whole recipe
is {pairs:,} pairs:

{stages}

```
{settings}
```

Curves, from the first logged step to the last, each between its own lowest and highest value:

{curves}

## How good it is

On {num_scenes} held-out procedural scenes (seeds {first_seed:,} to {last_seed:,}, never trained on,
without noise or exposure changes), by ranges of the baseline: the distance of the cameras over the
median depth of the first photo.

{verdicts}

{table}

All of this is made again by

```
splat-widgets evaluate {name} --scenes {num_scenes} --markdown
```

and stands, with more digits, in `evaluation.json`.
"""

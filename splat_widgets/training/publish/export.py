"""A training run as a model folder with weights, card and evaluation.

    python -m splat_widgets.training.publish.export runs/mine models/mine --notes mine.md

The notes of the embedded model are `splat_widgets/training/run/recipes/embedded.md`. The card's
numbers on quality come from the evaluation that this command runs; `evaluation.json` beside the
card holds them all.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from splat_widgets.files import local_path, make_folder, replacing
from splat_widgets.models.weights import save_folder
from splat_widgets.models.weights.load import LOCAL_LICENSE
from splat_widgets.training.evaluate import Evaluation, evaluate, evaluate_photos
from splat_widgets.training.evaluate.run import NUM_SCENES
from splat_widgets.training.evaluate.verdicts import second_photo, verdicts
from splat_widgets.training.publish.card import card
from splat_widgets.training.run.curves import read_curves
from splat_widgets.training.run.fit import read_run
from splat_widgets.training.run.recipe import PROCEDURAL, SCRATCH, Recipe

logger = logging.getLogger(__name__)

EVALUATION = "evaluation.json"
LICENSE = "Apache-2.0"
LITTLE_EFFECT_NOTICE = "The second photo has little effect."


def export(
    checkpoint: Path,
    folder: Path,
    num_scenes: int = NUM_SCENES,
    *,
    num_photo_scenes: int = NUM_SCENES,
    notes: str = "",
    device: torch.device | str = "cpu",
    report: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Write the averaged weights of a run in half precision, with a card of what they reach.

    The numbers are those of the rounded weights, as they will be loaded.

    Args:
        checkpoint: of the run, or its folder; curves are read from the logs there.
        folder: to write to; an earlier model there is replaced.
        num_scenes: held-out scenes to evaluate on.
        num_photo_scenes: those of them whose photos are refined; 0: none.
        notes: Markdown for the card, written by the model's author. The first paragraph is also
            the notice that accompanies the model.
        device: where to evaluate.
        report: called with the number of evaluated scenes and of all.
    """
    folder = make_folder(folder)  # before the evaluation could end without one
    checkpoint = local_path(checkpoint)
    run = read_run(checkpoint)
    model = run.model
    model.load_state_dict({k: v.half().float() for k, v in model.state_dict().items()})
    evaluation = evaluate(model.to(device), num_scenes, report=report)
    if num_photo_scenes:
        photos = evaluate_photos(model, num_photo_scenes, report=report)
        evaluation = replace(evaluation, photos=photos)
    run_folder = (checkpoint if checkpoint.is_dir() else checkpoint.parent).resolve()
    text = card(
        run,
        evaluation,
        name=folder.resolve().name,
        run_folder=run_folder.name,
        notes=notes,
        curves=read_curves(run_folder),
    )
    source = _source(run.recipe)
    is_ours = run.recipe.start in (SCRATCH, "embedded")
    save_folder(
        model,
        folder,
        source=source,
        license=LICENSE if is_ours else LOCAL_LICENSE,
        notice=notice(evaluation, notes or f"T{source[1:]}."),
        card=text,
        dtype=torch.float16,
    )
    values = json.dumps(evaluation.to_json(), indent=1) + "\n"
    with replacing(folder / EVALUATION) as partial:
        partial.write_text(values, encoding="utf-8")
    return evaluation


def notice(evaluation: Evaluation, notes: str) -> str:
    """The line that accompanies the model: in the panel, in every scene, in its folder."""
    line = " ".join(notes.strip().split("\n\n")[0].split())
    return line if second_photo(evaluation).holds else f"{line} {LITTLE_EFFECT_NOTICE}"


def _source(recipe: Recipe) -> str:
    data = recipe.data.source
    on = "procedural scenes" if data == PROCEDURAL else f"photos in {Path(data).name}"
    return f"trained by splat_widgets.training on {on}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="splat_widgets.training.publish.export", description=__doc__
    )
    parser.add_argument("run", type=Path, help="folder or checkpoint of the run")
    parser.add_argument("folder", type=Path, help="to write to")
    parser.add_argument("--notes", type=Path, help="Markdown for the card; starts with the notice")
    parser.add_argument("--scenes", type=int, default=NUM_SCENES, help="held-out, to evaluate")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    started = time.monotonic()
    evaluation = export(
        options.run,
        options.folder,
        options.scenes,
        num_photo_scenes=options.scenes,
        notes=options.notes.read_text(encoding="utf-8") if options.notes else "",
        device=options.device,
        report=lambda done, of: logger.info("%d of %d scenes", done, of),
    )
    print("\n".join(f"- {verdict.text}" for verdict in verdicts(evaluation)))
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

import json
import re
from dataclasses import replace

import pytest
import torch

from splat_widgets.embedded import CHECKPOINT
from splat_widgets.models.weights import load_model
from splat_widgets.training.evaluate import Evaluation, evaluate
from splat_widgets.training.evaluate.verdicts import second_photo
from splat_widgets.training.procedural.data import HELD_OUT_SEED
from splat_widgets.training.publish import export as exporting
from splat_widgets.training.publish.card import card
from splat_widgets.training.run.recipe import FOLDER, Data

from .conftest import SIZES


def test_the_shipped_evaluation_is_of_held_out_scenes_and_makes_the_notice():
    values = json.loads((CHECKPOINT / exporting.EVALUATION).read_text())
    evaluation = Evaluation.from_json(values)
    assert evaluation.num_scenes == 256 and evaluation.first_seed == HELD_OUT_SEED
    notice = json.loads((CHECKPOINT / "config.json").read_text())["notice"]
    assert notice == exporting.notice(evaluation, (FOLDER / "embedded.md").read_text())


def test_the_numbers_are_made_again_from_what_was_written(exported):
    written = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    again = evaluate(load_model(exported, dtype=torch.float32), 6)
    assert again == replace(written, photos=None)
    assert written.photos is not None and written.photos.num_scenes == 1


@pytest.mark.parametrize(
    ("start", "source", "licence", "on"),
    [
        ("scratch", "procedural", "Apache-2.0", "procedural scenes"),
        ("official", "/data/kitchen", "CC BY-NC", "photos in kitchen"),
    ],
)
def test_terms_and_source_follow_from_the_recipe(
    run, exported, tmp_path, monkeypatch, start, source, licence, on
):
    evaluation = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    network = SIZES if start == "scratch" else None
    recipe = replace(run.recipe, start=start, network=network, data=Data(source=source))
    monkeypatch.setattr(exporting, "read_run", lambda _: replace(run, recipe=recipe))
    monkeypatch.setattr(exporting, "evaluate", lambda *_, **__: evaluation)
    exporting.export(tmp_path, tmp_path / "model", 6, num_photo_scenes=0)
    values = json.loads((tmp_path / "model" / "config.json").read_text())
    assert licence in values["license"]
    assert values["source"] == f"trained by splat_widgets.training on {on}"
    assert values["notice"].startswith(f"Trained by splat_widgets.training on {on}.")


def test_card_notice_and_provenance_say_when_the_second_photo_hardly_counts(run, exported):
    evaluation = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    ours = evaluation.network[0].aligned2
    for factor, counts in ((2.0, True), (1.0, False)):
        twice = tuple(replace(p, aligned2=factor * ours) for p in evaluation.first_photo_twice)
        judged = replace(evaluation, first_photo_twice=twice)
        assert second_photo(judged).holds is counts
        assert (exporting.LITTLE_EFFECT_NOTICE in exporting.notice(judged, "Mine.")) is not counts
        text = card(run, judged, name="mine", run_folder="runs")
        assert ("**The second photo has little effect**" in text) is not counts
    # An untrained network has nothing from its second photo.
    expected = f"For tests only. {exporting.LITTLE_EFFECT_NOTICE}"
    assert load_model(exported).provenance.notice == expected


def test_what_is_written_by_hand_holds_no_numbers():
    assert not re.search(r"\d", (FOLDER / "embedded.md").read_text())

import json
import re
from dataclasses import replace

import pytest
import torch

from splat_widgets.embedded import CHECKPOINT
from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.splatt3r.config import Splatt3RConfig
from splat_widgets.models.weights import load_model
from splat_widgets.training.evaluate import Evaluation, evaluate
from splat_widgets.training.evaluate.records import METHODS
from splat_widgets.training.evaluate.table import PICTURE_METHODS, POINT_METHODS, label
from splat_widgets.training.evaluate.verdicts import second_photo, verdicts
from splat_widgets.training.procedural.data import HELD_OUT_SEED
from splat_widgets.training.publish import export as exporting
from splat_widgets.training.publish.card import card
from splat_widgets.training.run.curves import Curve
from splat_widgets.training.run.fit import RunRecord
from splat_widgets.training.run.recipe import FOLDER, Data, Recipe, Stage
from splat_widgets.training.run.trainee import initialise

SIZES = replace(Splatt3RConfig.micro(), image_size=32, descriptor_dim=0)


@pytest.fixture(scope="module")
def run():
    torch.manual_seed(0)
    model = Splatt3R(SIZES)
    initialise(model)
    recipe = Recipe(stages=(Stage("encoder", 7), Stage("points", 3)), network=SIZES)
    return RunRecord(model.eval(), recipe, 10, 5400.0)


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """A folder as `export` writes it."""
    folder = tmp_path_factory.mktemp("exported")
    logs = tmp_path_factory.mktemp("run")
    (logs / "metrics.csv").write_text("step,train/total\n1,2.5\n2,1.25\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "read_run", lambda _: run)
        exporting.export(logs, folder, 6, notes="For tests\nonly.\n\nLooked at.\n")
    return folder


def tables(text):
    """Every table of a Markdown text as rows of cells, under the line before it."""
    found = []
    for block in text.split("\n\n"):
        lines = block.strip().splitlines()
        if lines and lines[0].startswith("|"):
            found.append([[cell.strip() for cell in line.split("|")[1:-1]] for line in lines])
    return found


def check(text, evaluation):
    """Every number that the card's section on quality tells is one of the evaluation."""
    section = text.split("## How good it is")[1].split("All of this is made again")[0]
    for verdict in verdicts(evaluation):
        assert f"- {verdict.text}" in section
    *points, pictures, deciles = tables(section)
    assert len(points) == len(evaluation.ranges)
    for index, rows in enumerate(points):
        assert [row[0] for row in rows[2:]] == [
            label(name, getattr(evaluation, name)[index]) for name in POINT_METHODS
        ]
        for name, row in zip(POINT_METHODS, rows[2:], strict=True):
            part = getattr(evaluation, name)[index]
            values = [part.error1, part.error2, part.aligned1, part.aligned2]
            values += [part.abs_rel1, part.abs_rel2, part.delta1, part.delta2]
            agree(row[1:9], values, 5e-4)
            agree(row[9:11], [part.rotation_deg, part.direction_deg], 0.05)
    for name in PICTURE_METHODS:
        (row,) = (row for row in pictures if row[0] == METHODS[name])
        overall, *others = getattr(evaluation, name)
        agree(row[1:2], [overall.psnr], 5e-3)
        agree(row[2:4], [overall.ssim, overall.perceptual], 5e-4)
        agree(row[4:], [part.psnr for part in others], 5e-3)
    agree(deciles[2][1:], evaluation.error_by_decile, 5e-4)


def agree(texts, values, within):
    for text, value in zip(texts, values, strict=True):
        assert (value is None) == (text == "–")
        assert value is None or float(text) == pytest.approx(value, abs=1.001 * within)


def test_the_card_says_what_the_evaluation_says(exported):
    values = json.loads((exported / exporting.EVALUATION).read_text())
    check((exported / "model_card.md").read_text(), Evaluation.from_json(values))


def test_a_card_with_another_number_is_found_out(exported):
    evaluation = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    text = (exported / "model_card.md").read_text()
    better = replace(evaluation.network[2], error2=evaluation.network[2].error2 - 0.01)
    other = replace(evaluation, network=(*evaluation.network[:2], better, *evaluation.network[3:]))
    with pytest.raises(AssertionError):
        check(text, other)


def test_the_shipped_card_says_what_the_shipped_evaluation_says():
    values = json.loads((CHECKPOINT / exporting.EVALUATION).read_text())
    evaluation = Evaluation.from_json(values)
    check((CHECKPOINT / "model_card.md").read_text(), evaluation)
    assert evaluation.num_scenes == 256 and evaluation.first_seed == HELD_OUT_SEED
    notice = json.loads((CHECKPOINT / "config.json").read_text())["notice"]
    assert notice == exporting.notice(evaluation, (FOLDER / "embedded.md").read_text())


def test_the_numbers_are_made_again_from_what_was_written(exported):
    written = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    assert evaluate(load_model(exported, dtype=torch.float32), 6) == written


def test_the_card_tells_recipe_time_seeds_curves_and_notes(exported):
    text = (exported / "model_card.md").read_text()
    name = exported.name
    assert text.startswith(f"# {name}\n\nA Splatt3R with ")
    assert "`splat_widgets.training`.\n\nFor tests\nonly.\n\nLooked at.\n\n## Training" in text
    assert "made 10 of 10 steps in 1.5 hours; the whole recipe\nis 160 pairs" in text
    assert "| encoder | 7 | 16 |" in text and "first_seed = 0" in text
    assert f"network.encoder_dim = {SIZES.encoder_dim}" in text
    assert "train/total  █▁  2.5 -> 1.25  (steps 1 to 2)" in text
    assert "1,000,000,000 to 1,000,000,005" in text
    assert f"splat-widgets evaluate {name} --scenes 6" in text


def test_a_card_tells_nothing_of_another_run(run, exported):
    evaluation = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    text = card(run, evaluation, name="mine", run_folder="runs")
    words = "embedded", "busy computer", "diverged", "ellipsoids", "real photos", "trying the tool"
    assert not [word for word in words if word in text.lower()]


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
    exporting.export(tmp_path, tmp_path / "model", 6)
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


def test_curves_that_tell_little_are_left_out(run, exported):
    evaluation = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    curves = [Curve("lr-AdamW", (0, 1), (1.0, 2.0)), Curve("held_out/error1", (0, 1), (2.0, 1.0))]
    text = card(run, evaluation, name="mine", run_folder="runs", curves=curves)
    assert "held_out/error1" in text and "lr-AdamW" not in text


def test_the_demo_scene_is_none_of_the_evaluation():
    assert exporting.DEMO_SEED >= HELD_OUT_SEED + 256

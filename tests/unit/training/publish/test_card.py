"""The model card: every number of the evaluation, and what the run says of itself."""

import json
from dataclasses import replace

import pytest

from splat_widgets.embedded import CHECKPOINT
from splat_widgets.training.evaluate import Evaluation
from splat_widgets.training.evaluate.records import METHODS, PHOTO_METHODS
from splat_widgets.training.evaluate.table import PICTURE_METHODS, POINT_METHODS, label
from splat_widgets.training.evaluate.verdicts import verdicts
from splat_widgets.training.publish import export as exporting
from splat_widgets.training.publish.card import card
from splat_widgets.training.run.curves import Curve

from .conftest import SIZES


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
    *points, pictures, deciles = tables(section)[: len(evaluation.ranges) + 2]
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
    if evaluation.photos is not None:
        check_photos(tables(section)[-1][2:], evaluation.photos)


def check_photos(rows, photos):
    for name, row in zip(PHOTO_METHODS, rows, strict=True):
        part = getattr(photos, name)
        assert row[0] == PHOTO_METHODS[name]
        agree(row[1:3], [part.aligned1, part.aligned2], 5e-4)
        agree(row[3:5], [part.rotation_deg, part.direction_deg], 0.05)
        agree(row[5:], [part.focal, part.psnr, part.psnr_whole], 5e-3)


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


def test_curves_that_tell_little_are_left_out(run, exported):
    evaluation = Evaluation.from_json(json.loads((exported / exporting.EVALUATION).read_text()))
    curves = [Curve("lr-AdamW", (0, 1), (1.0, 2.0)), Curve("held_out/error1", (0, 1), (2.0, 1.0))]
    text = card(run, evaluation, name="mine", run_folder="runs", curves=curves)
    assert "held_out/error1" in text and "lr-AdamW" not in text


def test_the_shipped_card_says_what_the_shipped_evaluation_says():
    evaluation = Evaluation.from_json(json.loads((CHECKPOINT / exporting.EVALUATION).read_text()))
    check((CHECKPOINT / "model_card.md").read_text(), evaluation)

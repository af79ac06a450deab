from dataclasses import replace

import pytest

from splat_widgets.training.evaluate.table import (
    METHODS,
)
from splat_widgets.training.evaluate.verdicts import second_photo, verdicts

NUMBERS = [
    "error1", "error2", "aligned1", "aligned2", "rotation_deg", "direction_deg",
    "psnr", "psnr_aligned",
]  # fmt: skip


def with_values(evaluation, method, index=None, **values):
    """An evaluation in which some numbers of a method are other ones, in all ranges or one."""
    summaries = tuple(
        replace(part, **values) if index in (None, k) else part
        for k, part in enumerate(getattr(evaluation, method))
    )
    return replace(evaluation, **{method: summaries})


def good(evaluation):
    """The same evaluation as if the network were good at everything."""
    best = dict.fromkeys(NUMBERS, 0.1) | {"psnr": 30.0, "psnr_aligned": 31.0}
    bad = dict.fromkeys(NUMBERS, 0.4) | {"psnr": 20.0}
    for name in METHODS:
        values = best if name.startswith("network") else bad
        evaluation = with_values(evaluation, name, **values)
    return replace(evaluation, surer_half=0.1, less_sure_half=0.2)


def by_name(evaluation):
    return {verdict.name: verdict for verdict in verdicts(evaluation)}


def test_a_network_that_wins_everywhere_is_told_so(evaluation):
    found = by_name(good(evaluation))
    assert all(verdict.holds for verdict in found.values())
    assert not any("**" in verdict.text for verdict in found.values())
    assert "0.25 of the mean" in found["half_of_mean"].text
    assert "every range of baselines" in found["second_photo"].text
    assert "30.00 dB (31.00 dB scaled) against 20.00 dB" in found["novel_views"].text
    assert "0.100, the other half 0.200: clearly lower" in found["confidence"].text


@pytest.mark.parametrize("other", ["mean_points", "constant_depth"])
def test_one_lost_comparison_is_named_with_its_numbers(evaluation, other):
    lost = with_values(good(evaluation), other, 3, aligned2=0.05)
    verdict = by_name(lost)[f"beats_{other}"]
    assert not verdict.holds
    assert "in 19 of 20" in verdict.text
    assert "12% to 25%, photo 2, scaled (0.100 against 0.050)" in verdict.text


def test_second_photo_of_little_effect(evaluation):
    unused = with_values(good(evaluation), "first_photo_twice", aligned2=0.105)
    verdict = second_photo(unused)
    assert not verdict.holds and "**The second photo has little effect**" in verdict.text
    assert "0.105 instead of 0.100" in verdict.text
    partly = with_values(good(evaluation), "first_photo_twice", 1, aligned2=0.09)
    verdict = second_photo(partly)
    assert verdict.holds
    assert "does not help at below 5%, photo 2, scaled (0.100 against 0.090)" in verdict.text


def test_stereo_is_compared_per_range_and_where_it_is_silent(evaluation):
    mixed = with_values(good(evaluation), "stereo", 1, aligned1=0.02)
    mixed = with_values(mixed, "stereo", 4, aligned1=None)
    text = by_name(mixed)["stereo"].text
    assert "not** better in both at below 5% (0.100 and 0.100 against 0.020 and 0.400)" in text
    assert "nothing to compare at above 25%" in text


@pytest.mark.parametrize(
    ("method", "values", "name", "words"),
    [
        ("mean_points", {"aligned1": 0.19}, "half_of_mean", "**not** reached"),
        ("identity_pose", {"rotation_deg": 0.1}, "pose", "**no less than**"),
        ("nearest_photo", {"psnr": 30.5}, "novel_views", "is **not** beaten"),
    ],
)
def test_what_is_not_reached_is_said(evaluation, method, values, name, words):
    verdict = by_name(with_values(good(evaluation), method, **values))[name]
    assert not verdict.holds and words in verdict.text


def test_confidence_that_tells_nothing(evaluation):
    blind = replace(good(evaluation), surer_half=0.2, less_sure_half=0.1)
    assert not by_name(blind)["confidence"].holds
    assert "**not** lower" in by_name(blind)["confidence"].text

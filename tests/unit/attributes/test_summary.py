"""`describe` against numpy and the standard library."""

from __future__ import annotations

import re
import statistics

import numpy as np
import pytest

from splat_widgets.attributes import AttributeLookupError, describe, register, values


def test_the_numbers_are_right(gaussians):
    row = describe(gaussians, ["distance"])["distance"]
    numbers = values(gaussians, "distance").astype(float).tolist()
    assert (row.count, row.finite, row.unit) == (200, 200, "scene units")
    assert (row.min, row.max) == (min(numbers), max(numbers))
    assert row.median == pytest.approx(statistics.median(numbers))
    assert row.mean == pytest.approx(statistics.fmean(numbers))
    assert row.std == pytest.approx(statistics.pstdev(numbers))
    cuts = statistics.quantiles(numbers, n=100, method="inclusive")
    assert (row.p1, row.p99) == pytest.approx((cuts[0], cuts[98]), rel=1e-5)


def test_only_finite_values_count(gaussians):
    array = np.arange(200, dtype=np.float32)
    array[:3] = [np.nan, np.inf, -np.inf]
    register("mine", array, scene=gaussians)
    row = describe(gaussians, ["mine"])["mine"]
    assert (row.count, row.finite, row.min, row.max) == (200, 197, 3, 199)
    register("mine", np.full(200, np.nan), scene=gaussians)
    row = describe(gaussians, "mine")["mine"]
    assert row.finite == 0
    assert np.isnan(row.mean)


def test_half_a_million_equal_numbers_have_no_spread(make_gaussians):
    # A sum in float32 would be off in the third digit.
    many = make_gaussians(1, 0).select(np.zeros(524_288, np.int64))
    row = describe(many, "opacity")["opacity"]
    assert row.mean == pytest.approx(many.opacities[0].item(), rel=1e-9)
    assert row.std < 1e-9


def test_it_reads_as_a_table(scene):
    table = describe(scene, ["opacity", "depth"])
    lines = repr(table).splitlines()
    assert lines[0] == "800 Gaussians"
    assert lines[1].split() == "unit finite min p1 median p99 max mean std".split()
    assert lines[2].split()[:2] == ["opacity", "all"]
    assert lines[3].split()[:3] == ["depth", "m", "all"]
    assert [row.name for row in table] == ["opacity", "depth"]
    assert len(table) == 2
    with pytest.raises(AttributeLookupError, match="expected one of opacity, depth, got 'x'"):
        table["x"]


def test_there_is_no_negative_zero(gaussians):
    register("mine", np.full(200, -0.0), scene=gaussians)
    assert "-0" not in repr(describe(gaussians, "mine"))


def test_html_is_a_table_and_trusts_no_label(scene):
    register("mine", lambda s: s.confidence, scene=scene, label='<b>"', unit="<i>")
    html = describe(scene, ["mine", "x"])._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;b&gt;&quot;" in html
    assert html.count("<tr>") == 3
    assert len(re.findall(r'scope="col"', html)) == 10
    assert "color" not in html


def test_the_usual_rows_are_the_quick_ones(scene):
    names = {row.name for row in describe(scene)}
    assert {"opacity", "footprint", "sh_energy_1"} <= names
    assert not {"cross_view_distance", "sh_1_0_r"} & names
    everything = {row.name for row in describe(scene, "all")}
    assert {"cross_view_distance", "sh_1_0_r"} <= everything


def test_as_a_frame(scene):
    pytest.importorskip("pandas")
    frame = describe(scene, ["opacity", "depth"]).to_dataframe()
    assert list(frame.index) == ["opacity", "depth"]
    assert frame.loc["depth", "unit"] == "m"

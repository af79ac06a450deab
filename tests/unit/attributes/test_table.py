"""Tables: lazy, aligned, read-only, without copies."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from splat_widgets.attributes import (
    available,
    register,
    table,
    to_dataframe,
    to_torch,
    values,
)


def test_every_value_is_a_flat_read_only_float32_array(gaussians, scene):
    for one in (gaussians, scene):
        for attribute in available(one):
            found = values(one, attribute.name)
            assert (found.dtype, found.shape) == (np.float32, (len(one),)), attribute.name
            assert found.flags.c_contiguous
            with pytest.raises(ValueError, match="read-only"):
                found[0] = 0


def test_gradients_and_other_types_do_not_matter(gaussians):
    learned = gaussians.to(dtype=torch.float64)
    learned.scales.requires_grad_()
    learned.means.requires_grad_()
    for name in ("volume", "distance", "scale_middle", "normal_x", "x"):
        np.testing.assert_allclose(values(learned, name), values(gaussians, name), rtol=1e-6)


def test_a_table_is_a_lazy_mapping(scene):
    rows = table(scene)
    assert list(rows) == [attribute.name for attribute in available(scene)]
    assert len(rows) == len(list(rows))
    assert "confidence" in rows
    assert "sh_3_0_r" not in rows
    assert rows.get("sh_3_0_r") is None
    assert rows["opacity"] is values(scene, "opacity")
    assert "network: confidence, offset_length" in repr(rows)
    at_second = table(scene.gaussians, camera=scene.cameras[1])
    assert "footprint" in at_second
    np.testing.assert_allclose(
        at_second["depth"][400:], values(scene, "own_depth")[400:], rtol=1e-5
    )


def test_looking_at_one_computes_no_other(scene):
    asked = []
    names = ("one", "two")
    for name in names:
        register(name, lambda s, name=name: asked.append(name) or s.confidence, scene=scene)
    table(scene)["one"], dict.fromkeys(table(scene)), repr(table(scene))
    assert asked == ["one"]


def test_a_frame_shares_memory_and_knows_its_units(scene):
    pandas = pytest.importorskip("pandas")
    frame = to_dataframe(scene, ["depth", "opacity", "view"])
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame) == ["depth", "opacity", "view"]
    assert frame.shape == (800, 3)
    for name in ("depth", "opacity"):
        assert np.shares_memory(frame[name].to_numpy(), values(scene, name))
    assert frame.attrs["units"] == {"depth": "m", "opacity": "", "view": ""}
    assert frame.groupby("view").depth.mean()[1.0] == pytest.approx(
        values(scene, "depth")[400:].mean(), rel=1e-5
    )
    usual = set(to_dataframe(scene))
    assert {"x", "hue", "grid_stretch"} <= usual
    assert not {"sh_0_0_r", "cross_view_distance"} & usual
    assert set(to_dataframe(scene, "all")) == set(table(scene))
    assert list(to_dataframe(scene, "red")) == ["red"]


def test_whole_numbers_stay_integers_in_a_frame(scene, gaussians):
    pytest.importorskip("pandas")
    register("label", np.arange(800) % 7, scene=scene)
    register("chosen", lambda s: s.opacities > 0.5, scene=scene)
    frame = to_dataframe(scene, ["view", "row", "label", "chosen", "opacity"])
    assert [kind.kind for kind in frame.dtypes] == ["i", "i", "i", "b", "f"]
    assert frame.row.tolist() == scene.row.tolist()
    assert frame.label.tolist() == [k % 7 for k in range(800)]
    assert values(scene, "label").dtype == values(scene, "view").dtype == np.float32
    register("label", np.arange(200), scene=gaussians)
    assert to_dataframe(gaussians, "label").label.dtype.kind == "i"
    # A label of some pixels only has no integer for the others.
    register("part", np.ones(10, int), scene=scene.select(range(10)))
    assert to_dataframe(scene, "part").part.isna().sum() == 790


def test_without_pandas_the_way_out_is_named(scene, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install pandas.*attributes\.table"):
        to_dataframe(scene)


def test_a_tensor_is_ones_own(gaussians):
    opacity = to_torch(gaussians, "opacity")
    torch.testing.assert_close(opacity, gaussians.opacities)
    opacity.zero_()
    assert gaussians.opacities.max() > 0
    assert values(gaussians, "opacity").max() > 0


def test_an_empty_selection_has_empty_values(scene):
    empty = scene.select([])
    for attribute in available(empty):
        assert values(empty, attribute.name).shape == (0,)

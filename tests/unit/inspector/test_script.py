"""Scripts are run, on the same scene and on another one, and compared with what was done."""

import numpy as np
import pytest
import torch

from splat_widgets import attributes, regions
from splat_widgets.inspector import Inspector
from splat_widgets.scene.cameras import Camera

from .conftest import run


def test_edits_settings_and_view_run_again(scene, other_scene, make_page) -> None:
    inspector = Inspector(scene, color_by="depth", colormap="magma", color_range=[1, 3])
    page = make_page(inspector)
    inspector.filters = {"opacity": (0.1, None), "confidence": (None, 20)}
    inspector.overrides = ["isotropic"]
    inspector.camera = Camera.centred(30.0, 20, 20, torch.eye(4))
    inspector.select_floaters(1.4)
    inspector.delete()
    inspector.crop((0, 0, 2), (0.9, 0.9, 5))
    low = {"kind": "range", "attribute": "opacity", "low": 0.3, "high": 0.6}
    page.select(regions.in_range(inspector.scene, "opacity", 0.3, 0.6), low)
    inspector.keep()
    inspector.selection = [0, 5]
    for one in (scene, other_scene):
        again = run(inspector, one)
        part = one.select(attributes.values(one, "grid_stretch") <= np.float32(1.4))
        part = part.select(regions.in_box(part, (0, 0, 2), (0.9, 0.9, 5)))
        part = part.select(regions.in_range(part, "opacity", 0.3, 0.6))
        assert torch.equal(again.scene.gaussians.means, part.gaussians.means)
        assert torch.equal(again.scene.row, part.row)
        assert again.selected.tolist() == [0, 5]
        for name in ("color_by", "colormap", "color_range", "filters", "overrides", "camera"):
            assert getattr(again, name) == getattr(inspector, name), name
        assert again.map_attribute == "confidence"


def test_undo_takes_its_lines_back(scene) -> None:
    inspector = Inspector(scene)
    plain = inspector.script
    inspector.selection = [1, 2]
    inspector.keep()
    assert "select(" in inspector.script
    inspector.undo()
    assert len(run(inspector, scene).selected) == 2
    inspector.undo()
    assert inspector.script == plain


def test_it_prints_as_code_and_names_what_it_needs(scene, gaussians, tmp_path) -> None:
    inspector = Inspector(scene)
    inspector.add_attribute("mine", scene.confidence * 2)
    inspector.color_by = "mine"
    script = inspector.script
    assert repr(script) == str(script) and script.endswith("inspector\n")
    assert script._repr_markdown_().startswith("```python\nimport splat_widgets as sw")
    assert "'mine' is an attribute of your own" in script
    assert max(map(len, script.splitlines())) <= 100

    import splat_widgets as sw

    path = sw.save(gaussians, tmp_path / "foreign.ply")
    assert f"scene = sw.load({str(path)!r})" in Inspector(path).script


def test_numbers_of_numpy_are_numbers_in_the_script(gaussians) -> None:
    inspector = Inspector(gaussians, opacity_scale=np.float64(0.5))
    assert "opacity_scale=0.5" in str(inspector.script)
    with pytest.raises(ValueError, match="finite"):
        inspector.crop((0, 0, 4), (1, 1, np.inf))

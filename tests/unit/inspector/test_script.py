"""Scripts are run, on the same scene and on another one, and held against what they stand for."""

import numpy as np
import pytest
import torch

from splat_widgets import attributes, regions
from splat_widgets.inspector import Inspector
from splat_widgets.inspector.steps import LISTED
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import pinhole

SQUARE = [(4.5, 3.0), (15.25, 4.0), (14.0, 16.5), (3.0, 13.0)]


def run(inspector: Inspector, scene) -> Inspector:
    scope = {"scene": scene}
    exec(str(inspector.script), scope)
    found = scope["inspector"]
    assert isinstance(found, Inspector)
    return found


def hows(scene) -> dict[str, tuple[dict, object]]:
    """For each gesture, how the page tells it, and the mask of a scene by `regions`."""
    camera = scene.cameras[1]
    wire = pinhole(camera)
    return {
        "rectangle": (
            {"camera": wire, "points": [(3, 4), (12.5, 15)], "through": True},
            lambda s: regions.in_rectangle(s, camera, (3, 4), (12.5, 15)),
        ),
        "lasso": (
            {"camera": wire, "points": SQUARE * 9, "through": False},
            lambda s: regions.in_polygon(s, camera, SQUARE) & regions.visible(s, camera),
        ),
        "box": (
            {"center": [0, 0, 2], "half_sizes": [0.5, 0.25, 1]},
            lambda s: regions.in_box(s, (0, 0, 2), (0.5, 0.25, 1)),
        ),
        "sphere": (
            {"center": [0.1, 0, 2], "radius": 0.4},
            lambda s: regions.in_sphere(s, (0.1, 0, 2), 0.4),
        ),
        "range": (
            {"attribute": "confidence", "low": 2.5, "high": None},
            lambda s: regions.in_range(s, "confidence", 2.5),
        ),
        "density": (
            {
                "attributes": ["opacity", "confidence"],
                "points": [[0.1, 2], [0.9, 2.1], [0.8, 3.3]],
                "log": [True, False],
            },
            lambda s: regions.in_density(
                s, ("opacity", "confidence"), [(0.1, 2), (0.9, 2.1), (0.8, 3.3)], (True, False)
            ),
        ),
        "photo": (
            {"photo_view": 1, "points": SQUARE},
            lambda s: regions.in_photo(s, 1, SQUARE),
        ),
    }


@pytest.mark.parametrize(
    "kind", ["rectangle", "lasso", "box", "sphere", "range", "density", "photo"]
)
def test_every_gesture_runs_again_on_another_scene(scene, other_scene, make_page, kind) -> None:
    how, region = hows(scene)[kind]
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.select(region(scene), {"kind": kind, **how})
    assert 0 < inspector.selection.sum() < 800
    for one in (scene, other_scene):
        assert np.array_equal(run(inspector, one).selection, region(one))


@pytest.mark.parametrize("mode", ["add", "subtract", "intersect"])
def test_modes_build_on_the_selection_before(scene, other_scene, make_page, mode) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)

    def masks(one):
        a = regions.in_range(one, "confidence", 2.5)
        b = regions.in_photo(one, 0, SQUARE) & regions.in_range(one, "opacity", 0.5)
        return {"add": a | b, "subtract": a & ~b, "intersect": a & b}[mode]

    page.select(
        regions.in_range(scene, "confidence", 2.5),
        {"kind": "range", "attribute": "confidence", "low": 2.5, "high": None},
    )
    shown = {**page_shown(), "filters": {"opacity": [0.5, None]}}
    page.select(
        masks(scene),
        {"kind": "photo", "photo_view": 0, "points": SQUARE, "mode": mode, "shown": shown},
    )
    for one in (scene, other_scene):
        assert np.array_equal(run(inspector, one).selection, masks(one))


def page_shown() -> dict:
    return {
        "filters": {},
        "shown_photos": [],
        "isolate": False,
        "overrides": [],
        "opacity_scale": 1.0,
        "splat_scale": 1.0,
    }


def test_whole_selections_take_what_is_shown(scene, other_scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    shown = {**page_shown(), "shown_photos": [0]}
    first = scene.view.numpy() == 0
    page.select(first, {"kind": "all", "shown": shown})
    a = regions.in_range(scene, "opacity", None, 0.4)
    page.select(
        first & a,
        {"kind": "range", "attribute": "opacity", "low": None, "high": 0.4, "mode": "intersect"},
    )
    grown = regions.grow(scene, first & a)
    page.select(grown, {"kind": "grow"})
    page.select(first & ~grown, {"kind": "invert", "shown": shown})
    assert np.array_equal(run(inspector, scene).selection, first & ~grown)
    other = regions.grow(other_scene, first & regions.in_range(other_scene, "opacity", None, 0.4))
    assert np.array_equal(run(inspector, other_scene).selection, first & ~other)
    page.select(np.zeros(800, bool), {"kind": "none"})
    assert not run(inspector, scene).selection.any()
    assert "in_range" not in inspector.script, "what no longer counts is left out"


def test_what_is_drawn_decides_what_a_lasso_meets(scene, make_page) -> None:
    camera = scene.cameras[0]
    overrides = ["no_offset", "opaque", "photo_colour"]
    among = scene.view.numpy() == 0
    drawn = regions.drawn(scene, overrides, 0.5, 2.0)
    expected = regions.in_polygon(drawn, camera, SQUARE) & among
    expected &= regions.visible(drawn, camera, among=among)
    inspector = Inspector(scene)
    page = make_page(inspector)
    page.select(
        expected,
        {
            "kind": "lasso",
            "camera": pinhole(camera),
            "points": SQUARE,
            "through": False,
            "shown": {
                **page_shown(),
                "shown_photos": [0],
                "overrides": overrides,
                "opacity_scale": 0.5,
                "splat_scale": 2.0,
            },
        },
    )
    assert expected.any()
    assert np.array_equal(run(inspector, scene).selection, expected)


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


@pytest.mark.parametrize("count", [0, 3, LISTED + 1, 700])
def test_masks_from_python_are_written_out(scene, count) -> None:
    inspector = Inspector(scene)
    rows = np.sort(np.random.default_rng(count).permutation(800)[:count])
    inspector.selection = np.arange(800) < 5
    inspector.selection = rows
    assert run(inspector, scene).selected.tolist() == rows.tolist()


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


def test_numbers_from_the_page_stay_numbers(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    mask = np.arange(800) < 4
    how = {"kind": "range", "attribute": "x') or print('", "low": "__import__('os')", "high": 1}
    page.select(mask, how)
    assert "__import__" not in inspector.script
    assert np.array_equal(run(inspector, scene).selection, mask)


def test_numbers_of_numpy_are_numbers_in_the_script(gaussians) -> None:
    inspector = Inspector(gaussians, opacity_scale=np.float64(0.5))
    assert "opacity_scale=0.5" in str(inspector.script)
    with pytest.raises(ValueError, match="finite"):
        inspector.crop((0, 0, 4), (1, 1, np.inf))

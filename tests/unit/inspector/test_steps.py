"""The line of each gesture, run on the same scene and on another one."""

import numpy as np
import pytest

from splat_widgets import regions
from splat_widgets.inspector import Inspector
from splat_widgets.inspector.steps import LISTED
from splat_widgets.scene.framing import pinhole

from .conftest import SHOWN, run

SQUARE = [(4.5, 3.0), (15.25, 4.0), (14.0, 16.5), (3.0, 13.0)]


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
        "polygon": (
            {"camera": wire, "points": SQUARE, "through": True},
            lambda s: regions.in_polygon(s, camera, SQUARE),
        ),
        "brush": (
            {"camera": wire, "points": SQUARE, "radius": 2.5, "through": False},
            lambda s: regions.in_brush(s, camera, SQUARE, 2.5) & regions.visible(s, camera),
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
    "kind", ["rectangle", "lasso", "polygon", "brush", "box", "sphere", "range", "density", "photo"]
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
    shown = {**SHOWN, "filters": {"opacity": [0.5, None]}}
    page.select(
        masks(scene),
        {"kind": "photo", "photo_view": 0, "points": SQUARE, "mode": mode, "shown": shown},
    )
    for one in (scene, other_scene):
        assert np.array_equal(run(inspector, one).selection, masks(one))


def test_whole_selections_take_what_is_shown(scene, other_scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    shown = {**SHOWN, "shown_photos": [0]}
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


def test_what_is_isolated_depends_on_the_selection_before(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    a, b = regions.in_range(scene, "confidence", 2.5), regions.in_range(scene, "opacity", 0.5)
    page.select(a, {"kind": "range", "attribute": "confidence", "low": 2.5, "high": None})
    how = {"kind": "range", "attribute": "opacity", "low": 0.5, "high": None}
    page.select(a & b, {**how, "shown": {**SHOWN, "isolate": True}})
    assert np.array_equal(run(inspector, scene).selection, a & b)


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
                **SHOWN,
                "shown_photos": [0],
                "overrides": overrides,
                "opacity_scale": 0.5,
                "splat_scale": 2.0,
            },
        },
    )
    assert expected.any()
    assert np.array_equal(run(inspector, scene).selection, expected)


@pytest.mark.parametrize("count", [0, 3, LISTED + 1, 700])
def test_masks_from_python_are_written_out(scene, count) -> None:
    inspector = Inspector(scene)
    rows = np.sort(np.random.default_rng(count).permutation(800)[:count])
    inspector.selection = np.arange(800) < 5
    inspector.selection = rows
    assert run(inspector, scene).selected.tolist() == rows.tolist()


def test_numbers_from_the_page_stay_numbers(scene, make_page) -> None:
    inspector = Inspector(scene)
    page = make_page(inspector)
    mask = np.arange(800) < 4
    how = {"kind": "range", "attribute": "x') or print('", "low": "__import__('os')", "high": 1}
    page.select(mask, how)
    assert "__import__" not in inspector.script
    assert np.array_equal(run(inspector, scene).selection, mask)

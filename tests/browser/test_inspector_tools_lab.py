"""The inspector's volumes, plots, floaters, script, theme and full screen in a real JupyterLab."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.path import Path as Polygon

from .test_inspector_lab import (
    PREDICTION,
    READY,
    canvas_at,
    marked,
    numbers,
    settle,
    show,
    text_is,
    unfold,
)

pytestmark = pytest.mark.browser

INSPECTOR = "inspector = sw.inspect(scene)\ninspector"


def drag(page: Any, *points: tuple[float, float]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def fill(page: Any, **values: float) -> None:
    """Type numbers into the fields of the box or sphere."""
    for name, value in values.items():
        field = page.locator(".swi-volume").get_by_label(name.replace("_", " "))
        field.fill(str(value))
        field.press("Enter")


def test_boxes_and_spheres_select_and_crop(lab) -> None:
    show(lab, PREDICTION, INSPECTOR)
    page = lab.page
    settle(page)
    left, top, width, height = canvas_at(page)
    middle = (left + width / 2, top + height / 2)
    means = np.array(numbers(lab, "scene.gaussians.means.tolist()"))
    x, y, z = np.round(np.median(means, 0), 2).tolist()
    half_x, half_y, half_z = np.round(means.std(0), 2).tolist()

    # What is dragged over gets a box, which can be corrected and selects what lies inside.
    page.get_by_role("radio", name="Select with a box").click()
    drag(page, (middle[0] - 150, middle[1] - 100), (middle[0] + 150, middle[1] + 100))
    page.wait_for_selector(".swi-volume[aria-label=Box]")
    lab.wait("inspector.selection.any()")
    fill(page, Centre_x=x, Centre_y=y, Centre_z=z)
    fill(page, Half_size_x=half_x, Half_size_y=half_y, Half_size_z=half_z)
    page.get_by_title("Select what lies inside").click()
    inside = (np.abs(means - [x, y, z]) <= [half_x, half_y, half_z]).all(1)
    assert 50 < inside.sum() < len(means) - 50
    lab.wait(f"inspector.selection.sum() == {int(inside.sum())}")
    assert numbers(lab, "inspector.selection.tolist()") == inside.tolist()
    page.get_by_title("Take what lies outside out of the scene").click()
    lab.wait(f"len(inspector.scene) == {int(inside.sum())}")
    page.get_by_title("Undo: crop to a box").click()
    lab.wait(f"len(inspector.scene) == {len(means)}")

    # A sphere grows from what was hit.
    settle(page)
    page.get_by_role("radio", name="Select with a sphere").click()
    drag(page, middle, (middle[0] + 30, middle[1]))
    page.wait_for_selector(".swi-volume[aria-label=Sphere]")
    radius = round(half_z, 2)
    fill(page, Centre_x=x, Centre_y=y, Centre_z=z, Radius=radius)
    page.get_by_title("Select what lies inside").click()
    inside = (np.square(means - [x, y, z]).sum(1)) <= radius**2
    assert 50 < inside.sum() < len(means) - 50
    lab.wait(f"inspector.selection.sum() == {int(inside.sum())}")
    assert numbers(lab, "inspector.selection.tolist()") == inside.tolist()
    page.get_by_title("Put the box or sphere away").click()
    page.wait_for_selector(".swi-volume", state="hidden")
    assert lab.page_errors == []


def test_brush_and_polygon_select_undo_and_repeat_in_the_script(lab) -> None:
    show(lab, PREDICTION, INSPECTOR)
    page = lab.page
    settle(page)
    left, top, width, height = canvas_at(page)
    x, y = left + width / 2, top + height / 2
    again = "{'scene': scene, '__builtins__': __builtins__}"
    lab.execute(
        "import numpy as np\n"
        "def repeated():\n"
        f"    scope = {again}\n"
        "    exec(str(inspector.script), scope)\n"
        "    return bool(np.array_equal(scope['inspector'].selection, inspector.selection))"
    )
    lab.execute("inspector.select_through = True")

    # Painting adds whatever the mode; Alt takes away; each stroke is one step.
    page.get_by_role("radio", name="Brush").click()
    drag(page, (x - 120, y), (x - 60, y + 10), (x - 20, y))
    lab.wait("inspector.selection.sum() > 20")
    first = numbers(lab, "int(inspector.selection.sum())")
    page.keyboard.press("]")
    page.keyboard.press("]")
    lab.wait("inspector.brush_px == 38")
    drag(page, (x + 40, y), (x + 90, y + 40))
    lab.wait(f"inspector.selection.sum() > {first} + 20")
    both = numbers(lab, "int(inspector.selection.sum())")
    page.keyboard.down("Alt")
    drag(page, (x - 130, y), (x - 10, y))
    page.keyboard.up("Alt")
    lab.wait(f"inspector.selection.sum() < {both}")
    assert numbers(lab, "repeated()") and "regions.in_brush" in numbers(
        lab, "str(inspector.script)"
    )
    page.get_by_title("Undo: take away with a brush").click()
    lab.wait(f"inspector.selection.sum() == {both}")

    # A polygon is clicked corner by corner; Backspace takes one back, Enter closes it.
    page.get_by_role("radio", name="Select with a polygon").click()
    for corner in ((x - 100, y - 80), (x + 100, y - 80), (x + 5, y), (x + 100, y + 80)):
        page.mouse.click(*corner)
    page.keyboard.press("Backspace")
    page.mouse.click(x, y + 80)
    page.keyboard.press("Enter")
    lab.wait("inspector.script.count('in_polygon') == 1")
    assert numbers(lab, "repeated() and int(inspector.selection.sum())") > 20
    page.get_by_title("Undo: select with a polygon").click()
    lab.wait(f"inspector.selection.sum() == {both}")
    assert lab.page_errors == []


def test_a_scene_is_scaled_to_a_length_levelled_and_moved(lab) -> None:
    show(lab, PREDICTION, INSPECTOR)
    page = lab.page
    settle(page)
    lab.execute("inspector.selection = [1, 2, 3]; before = inspector.scene")
    left, top, width, height = canvas_at(page)
    x, y = left + width / 2, top + height / 2

    # "This is 2 m": the line stays on its points, and says so.
    page.get_by_role("button", name="Measure a distance").click()
    page.mouse.click(x - 80, y + 20)
    page.mouse.click(x + 80, y + 30)
    lab.wait("inspector.measured is not None")
    field = page.get_by_label("True length in metres")
    field.fill("-2")
    field.press("Enter")
    assert "above 0" in page.locator(".sw-known-problem").inner_text()
    field.fill("2,0")
    field.press("Enter")
    lab.wait("inspector.scene.metres == 'given'")
    text_is(page, ".sw-length", "2.00 m")
    lab.wait("abs(inspector.measured['distance'] - 2) < 1e-6")
    assert numbers(lab, "inspector.selected.tolist()") == [1, 2, 3]
    page.get_by_role("button", name="Measure a distance").click()

    # Three clicks on a floor level the scene; typed numbers move it; all is undone.
    unfold(page, "place")
    page.get_by_role("button", name="By a floor").click()
    page.locator(READY).first.scroll_into_view_if_needed()
    left, top, width, height = canvas_at(page)
    x, y = left + width / 2, top + height / 2
    for corner in ((x - 70, y - 50), (x + 70, y - 40), (x, y + 60)):
        page.mouse.click(*corner)
    lab.wait("'levelled(' in inspector.script and inspector.camera['up'] == (0, -1, 0)")
    settle(page)
    place = page.locator(".swi-place")
    place.get_by_label("Move along z").fill("1.5")
    place.get_by_label("Move along z").press("Enter")
    place.get_by_title("Move the scene").click()
    lab.wait("'scene.moved((0.0, 0.0, 1.5))' in inspector.script")
    assert numbers(lab, "inspector.picked") == -1  # the last of the clicks picks nothing
    for words in ("move the scene", "level the scene", "scale to 2 m"):
        page.get_by_title(f"Undo: {words}").click()
    lab.wait("inspector.scene is before")

    # A scene of the notebook is merged by its name, and undone.
    lab.execute("other_room = before.moved((0, 0, 0))")
    menu = place.get_by_label("Scene to merge")
    menu.focus()
    menu.locator("option[value=other_room]").wait_for(state="attached")
    menu.select_option("other_room")
    place.get_by_title("Add this scene to the one shown").click()
    lab.wait("'other = other_room' in inspector.script")
    assert numbers(lab, "len(inspector.scene) // len(before)") == 2
    page.get_by_title("Undo: merge another scene").click()
    lab.wait("inspector.scene is before")
    assert lab.page_errors == []


def test_a_plot_selects_floaters_show_first_and_the_script_repeats(lab) -> None:
    show(lab, PREDICTION, INSPECTOR)
    page = lab.page
    settle(page)

    # A lasso in the plane of two attributes takes what numpy finds inside it.
    lab.execute("inspector.scatter_attributes = ['opacity', 'own_depth']")
    unfold(page, "density")
    page.locator(".swi-density").get_by_title("Draw a lasso").click()
    plot = page.locator(".swi-density canvas")
    plot.scroll_into_view_if_needed()
    page.wait_for_selector(".swi-density canvas[aria-label^='How many have each Depth']")
    box = plot.bounding_box()
    frame = np.array([48.0, 6.0]), np.array([box["width"] - 56, box["height"] - 28])
    corners = np.array([[0.2, 0.2], [0.9, 0.1], [0.8, 0.9], [0.3, 0.7]])
    places = frame[0] + corners * frame[1]
    drag(page, *(places + np.array([box["x"], box["y"]])).tolist())
    limits = "[attributes.limits(attributes.get(n), attributes.values(scene, n)) for n in {}]"
    values = "[attributes.values(scene, n).tolist() for n in {}]"
    names = "('opacity', 'own_depth')"
    low, high = np.array(numbers(lab, limits.format(names))).T
    across, up = np.array(numbers(lab, values.format(names)))
    polygon = low + np.stack([corners[:, 0], 1 - corners[:, 1]], -1) * (high - low)
    inside = Polygon(polygon).contains_points(np.stack([across, up], -1))
    assert inside.sum() > 20
    lab.wait("inspector.selection.any()")
    got = np.array(numbers(lab, "inspector.selection.tolist()"))
    assert (got != inside).sum() <= 0.002 * len(got)  # next to the line, in steps of the pointer

    # Floaters are shown before anything is selected.
    lab.execute("inspector.selection = None")
    text_is(page, ".swi-selection .swi-count", f"0 of {len(got):,} selected")
    settle(page)
    before = marked(page)
    slider = page.locator(".swi-floaters input[type=range]")
    slider.scroll_into_view_if_needed()
    slider.fill("0")
    page.wait_for_selector(".swi-floaters button:visible >> text=Select")
    stretch = np.array(numbers(lab, values.format("('grid_stretch',)"))[0], np.float32)
    found = stretch > np.float32(1.5)
    assert 0 < found.sum() < len(found)
    text_is(page, ".swi-floaters .swi-readout", f"{int(found.sum()):,} found")
    page.locator(READY).first.scroll_into_view_if_needed()
    settle(page)
    assert marked(page) > before + 20 and not numbers(lab, "bool(inspector.selection.any())")
    page.get_by_title("Leave the selection as it was").click()
    settle(page)
    assert marked(page) <= before
    slider.press("Enter")
    page.get_by_title("Select these floaters").click()
    lab.wait(f"inspector.selection.sum() == {int(found.sum())}")
    assert numbers(lab, "inspector.selection.tolist()") == found.tolist()

    # Keys and buttons undo and redo; a press of a photo shows it alone.
    title = page.locator(".swi-selection summary")
    for undo, redo in (
        (lambda: title.press("Control+z"), page.get_by_title("Redo: select floaters").click),
        (
            page.get_by_title("Undo: select floaters").click,
            lambda: title.press("Control+Shift+Z"),
        ),
    ):
        undo()
        lab.wait("not inspector.selection.any()")
        redo()
        lab.wait(f"inspector.selection.sum() == {int(found.sum())}")
    unfold(page, "appearance")
    page.get_by_title("Gaussians of photo 2").click()
    lab.wait("inspector.shown_photos == [1]")
    page.get_by_title("Gaussians of all photos").click()
    lab.wait("inspector.shown_photos == []")

    # The script on the page is that of Python, follows, and does it again.
    unfold(page, "script")
    page.wait_for_function(
        "() => document.querySelector('.swi-script pre').textContent.includes('floaters(scene')"
    )
    page.get_by_label("Colour by").select_option("own_depth")
    page.wait_for_function(
        "() => document.querySelector('.swi-script pre').textContent.includes('color_by')"
    )
    text = page.locator(".swi-script pre").text_content()
    assert text == numbers(lab, "str(inspector.script)")
    lab.execute("again = {'scene': scene}; exec(str(inspector.script), again)")
    assert numbers(lab, "bool((again['inspector'].selection == inspector.selection).all())")
    assert lab.page_errors == []


# Contrast (WCAG 2) of words with what is painted behind them, layer over layer.
CONTRASTS = """() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const paint = (css) => {
        context.fillStyle = css;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((byte) => {
            const c = byte / 255;
            return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement)
            layers.unshift(getComputedStyle(at).backgroundColor);
        const behind = layers.map(paint).at(-1);
        const words = paint(getComputedStyle(element).color);
        return (Math.max(words, behind) + 0.05) / (Math.min(words, behind) + 0.05);
    };
    const kinds = 'summary, label, button, select, input[type=text], td, th, output';
    return [...document.querySelectorAll('.swi-side :is(' + kinds + ')')]
        .filter((element) => element.checkVisibility() && !element.disabled)
        .map((element) => [contrast(element), element.textContent || element.title]);
}"""


def test_dark_theme_and_full_screen(lab) -> None:
    show(lab, PREDICTION, INSPECTOR)
    page = lab.page
    unfold(page, "picked", "appearance")
    settle(page)
    theme = "(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })"
    for name, word in (("JupyterLab Dark", "dark"), ("JupyterLab Light", "light")):
        page.evaluate(theme, name)
        page.wait_for_selector(f".swi-side[data-theme={word}]")
        found = page.evaluate(CONTRASTS)
        assert len(found) > 20
        assert [one for one in found if one[0] < 4.5] == [], word

    # The panel comes along, at the right of a picture that fills the rest; Escape leaves.
    before = canvas_at(page)
    page.get_by_title("Full screen").first.click()
    page.wait_for_function("() => document.fullscreenElement?.matches('.swi')")
    page.wait_for_function(
        "(height) => document.querySelector('.swi canvas.sw-canvas').clientHeight > height + 50",
        arg=before[3],
    )
    left, _, width, _ = canvas_at(page)
    side = page.locator(".swi-side").bounding_box()
    assert side["x"] >= left + width and side["height"] > 500
    page.evaluate("() => document.exitFullscreen()")
    page.wait_for_function("() => !document.fullscreenElement")
    page.wait_for_function(
        "(height) => document.querySelector('.swi canvas.sw-canvas').clientHeight === height",
        arg=before[3],
    )
    # JupyterLab's splash screen, shown between themes, is at times taken away twice.
    assert [error for error in lab.page_errors if "jlab_core" not in error] == []

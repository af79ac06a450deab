"""The inspector in a real JupyterLab, on a prediction and on a foreign `.ply`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.path import Path as Polygon

pytestmark = pytest.mark.browser

PREDICTION = """
import numpy as np
import splat_widgets as sw
from splat_widgets import attributes
from splat_widgets.embedded import demo_pair
from inspector_oracle import projected, weights
scene = sw.reconstruct(demo_pair(), model="embedded", image_size=64, refine=False)
"""
READY = ".swi .sw-viewer[data-ready]"


def show(lab: Any, *cells: str) -> None:
    """Open a notebook of these cells, run it, wait until every inspector is drawn."""
    shutil.copy(Path(__file__).with_name("inspector_oracle.py"), lab.folder)
    lab.page.set_viewport_size({"width": 1400, "height": 1000})
    lab.open(cells)
    lab.page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    lab.run_all()
    lab.page.wait_for_selector(READY)
    lab.page.locator(READY).first.scroll_into_view_if_needed()


def numbers(lab: Any, expression: str) -> Any:
    """The value of an expression in the kernel, as JSON."""
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def settle(page: Any) -> None:
    """Wait until no attribute is on its way and the picture stands still."""
    page.wait_for_function(
        """async () => {
            if (document.querySelector('.swi[data-busy]')) return false;
            const frame = () => [...document.querySelectorAll('.swi .sw-viewer')]
                .map((viewer) => viewer.dataset.frame).join();
            const before = frame();
            await new Promise((done) => setTimeout(done, 250));
            return frame() === before;
        }"""
    )


def unfold(page: Any, *names: str) -> None:
    for name in names:
        page.locator(f".swi-{name}:not([open]) > summary").click()


def text_is(page: Any, selector: str, text: str) -> None:
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.textContent === text",
        arg=[selector, text],
    )


def canvas_at(page: Any) -> tuple[float, float, int, int]:
    box = page.locator(READY).first.locator("canvas.sw-canvas").bounding_box()
    return box["x"], box["y"], round(box["width"]), round(box["height"])


def test_colours_filters_and_statistics_say_what_numpy_says(lab) -> None:
    sent: list[int] = []
    lab.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data)))
    )
    show(lab, PREDICTION, "inspector = sw.inspect(scene)\ninspector")
    page = lab.page

    # Colours: the bar has the attribute's own range and unit, Python hears of it, the picture too.
    settle(page)
    canvas = page.locator("canvas.sw-canvas")
    plain = canvas.screenshot()
    page.get_by_label("Colour by").select_option("own_depth")
    page.wait_for_selector(".swi-colour-bar[data-low]")
    low, high = numbers(
        lab,
        "attributes.limits(attributes.get('own_depth'), attributes.values(scene, 'own_depth'))",
    )
    bar = page.locator(".swi-colour-bar")
    assert float(bar.get_attribute("data-low")) == pytest.approx(low, rel=1e-6)
    assert float(bar.get_attribute("data-high")) == pytest.approx(high, rel=1e-6)
    assert bar.locator(".swi-bar-title").inner_text() == "Depth in its own photo [m]"
    ticks = [float(text) for text in bar.locator("span").all_inner_texts()]
    assert len(ticks) >= 2 and all(low <= tick <= high for tick in ticks)
    settle(page)
    assert canvas.screenshot() != plain
    lab.wait("inspector.color_by == 'own_depth'")
    lab.wait("inspector.histogram_attribute == inspector.map_attribute == 'own_depth'")
    page.get_by_label("Lowest value of the colours").fill("1.25")
    page.get_by_label("Lowest value of the colours").press("Enter")
    lab.wait("inspector.color_range[:1] == [1.25]")
    assert float(bar.get_attribute("data-low")) == 1.25
    field = page.get_by_label("Lowest value of the colours")
    field.fill("99")  # above the upper end
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"
    said = page.locator(".swi-refusal").inner_text()
    assert said.startswith("Expected at most ") and said.endswith("the upper bound, got 99")
    field.press("Escape")
    assert numbers(lab, "inspector.color_range[0]") == 1.25

    # Filters: as many are shown as numpy counts, typed and with the slider.
    page.get_by_label("Add a filter").select_option("confidence")
    field = page.get_by_label("Lower bound of Confidence")
    values = np.array(numbers(lab, "attributes.values(scene, 'confidence').tolist()"), np.float32)
    low = round(float(np.quantile(values, 0.3)), 3)
    field.fill(str(low))
    field.press("Enter")
    count = int((values >= np.float32(low)).sum())
    assert 0 < count < len(values)
    shown = ".swi-filters .swi-count"
    text_is(page, shown, f"{count:,} of {len(values):,} shown")
    lab.wait(f"inspector.filters == {{'confidence': [{low}, None]}}")
    settle(page)
    sent.clear()
    page.get_by_label("Confidence, upper bound").press("ArrowLeft")
    lab.wait("inspector.filters['confidence'][1] is not None")
    assert sent and sent[0] < 1000  # the first frame; then come the questions of `wait`
    high = numbers(lab, "inspector.filters['confidence'][1]")
    inside = (values >= np.float32(low)) & (values <= np.float32(high))
    text_is(page, shown, f"{int(inside.sum()):,} of {len(values):,} shown")
    page.get_by_title("Remove every filter").click()
    text_is(page, shown, f"{len(values):,} of {len(values):,} shown")

    # The histogram's table, of all and of a range that was typed.
    page.get_by_role("button", name="One attribute for colour, histogram and maps").click()
    page.get_by_label("Attribute of the histogram").select_option("opacity")
    page.wait_for_selector(".swi-histogram[data-attribute=opacity]")
    lab.wait("inspector.histogram_attribute == 'opacity'")
    assert numbers(lab, "[inspector.color_by, inspector.map_attribute]") == ["own_depth"] * 2
    opacity = np.array(numbers(lab, "attributes.values(scene, 'opacity').tolist()"), np.float32)
    low = round(float(np.quantile(opacity, 0.6)), 3)
    page.get_by_label("Lower bound of the selection").fill(str(low))
    page.get_by_label("Lower bound of the selection").press("Enter")
    page.get_by_title("Select this range").click()
    chosen = opacity >= np.float32(low)
    lab.wait(f"inspector.selection.sum() == {int(chosen.sum())}")
    got = numbers(lab, "inspector.selection.tolist()")
    assert got == chosen.tolist()
    rows = page.locator(".swi-statistics tbody tr").all()
    for line, part in zip(rows, (opacity, opacity[chosen]), strict=True):
        cells = line.locator("td").all_inner_texts()
        assert cells[0] == f"{len(part):,}" and cells[5] == "0"
        expected = (part.min(), np.median(part), part.mean(dtype=np.float64), part.max())
        for cell, number in zip(cells[1:5], expected, strict=True):
            assert float(cell) == pytest.approx(float(number), rel=6e-3)
    assert lab.page_errors == []


def test_picks_and_selections_agree_with_a_projection(lab) -> None:
    show(lab, PREDICTION, "inspector = sw.inspect(scene)\ninspector")
    page = lab.page
    settle(page)
    left, top, width, height = canvas_at(page)

    # A click takes the Gaussian with the largest part in the pixel, Alt and a click the next ones.
    x, y = width // 2 + 3, height // 2 + 40
    for step in range(3):
        if step:
            page.keyboard.down("Alt")
        page.mouse.click(left + x + 0.5, top + y + 0.5)
        page.keyboard.up("Alt")
        found = numbers(
            lab,
            f"[int(i) for i in np.argsort(-weights(scene.gaussians, inspector.camera, "
            f"{width}, {height}, {x} + 0.5, {y} + 0.5))[:3]]",
        )
        lab.wait(f"inspector.picked == {found[step]}")
    page.wait_for_selector(".swi-picked[open] .swi-stack li")
    page.wait_for_function(  # what was picked is on the screen, in a panel as tall as the window
        """() => {
            const box = (selector) => document.querySelector(selector).getBoundingClientRect();
            const [side, part] = [box('.swi-side'), box('.swi-picked')];
            return side.height > 0.7 * innerHeight && side.height < innerHeight
                && Math.abs(part.top - side.top) < 3;
        }"""
    )
    text_is(page, ".swi-picked-title", f"Gaussian {found[2]:,}")
    beside = page.locator(".swi-pick-label")
    lab.execute("inspector.color_by = 'opacity'")
    opacity = numbers(lab, f"float(scene.gaussians.opacities[{found[2]}])")
    page.wait_for_function(
        "document.querySelector('.swi-pick-label').textContent.includes('Opacity')"
    )
    index, value = beside.inner_text().split(" · Opacity ")
    assert index == f"#{found[2]:,}"
    assert float(value) == pytest.approx(opacity, abs=5e-4)
    entries = page.locator(".swi-entry span:first-child").all_inner_texts()
    assert entries[:3] == [f"#{index:,}" for index in found]
    page.locator(".swi-entry").first.click()
    lab.wait(f"inspector.picked == {found[0]}")
    expected = numbers(lab, f"float(attributes.values(scene, 'confidence')[{found[0]}])")
    page.wait_for_function(  # the table comes after the pick
        """(expected) => {
            const cell = document.querySelector('tr[data-name=confidence] td');
            return Math.abs(Number(cell.textContent) / expected - 1) < 1e-5;
        }""",
        arg=expected,
    )
    assert page.locator(".swi-picked-source img").count() == 1

    # A lasso takes the centres that a projection in Python puts inside it.
    page.get_by_role("radio", name="Select with a lasso").click()
    page.get_by_role("button", name="Select through").click()
    angles = np.linspace(0, 2 * np.pi, 40)
    points = np.stack([width / 2 + 120 * np.cos(angles), height / 2 + 80 * np.sin(angles)], -1)
    page.mouse.move(left + points[0, 0], top + points[0, 1])
    page.mouse.down()
    for px, py in points[1:]:
        page.mouse.move(left + px, top + py)
    page.mouse.up()
    lab.wait("inspector.selection.any()")
    u, v, z = np.array(
        numbers(
            lab,
            "[part.tolist() for part in "
            f"projected(scene.gaussians, inspector.camera, {width}, {height})[:3]]",
        )
    )
    inside = Polygon(points).contains_points(np.stack([u, v], -1)) & (z > 0)
    got = np.array(numbers(lab, "inspector.selection.tolist()"))
    assert inside.sum() > 50
    assert (got != inside).sum() <= 1  # on the border
    text_is(page, ".swi-selection .swi-count", f"{int(got.sum()):,} of {len(got):,} selected")

    # A mask that Python sets is seen in the picture, also as the others hide.
    settle(page)
    page.get_by_role("radio", name="Navigate").click()
    lab.execute("inspector.picked = -1; inspector.color_by = ''")
    lab.execute("inspector.selection = np.zeros(len(scene), bool)")
    text_is(page, ".swi-selection .swi-count", f"0 of {len(got):,} selected")
    settle(page)
    before = marked(page)
    lab.execute("inspector.selection = scene.view == 0")
    text_is(page, ".swi-selection .swi-count", f"4,096 of {len(got):,} selected")
    settle(page)
    assert marked(page) > before + 5000
    page.get_by_title("Draw only the selection").click()
    text_is(page, ".swi-filters .swi-count", f"4,096 of {len(got):,} shown")
    text_is(page, ".sw-status", f"{len(got):,} splats · 4,096 shown · 4,096 selected")
    lab.wait("inspector.isolate")

    # Keep makes it the scene, undo brings the rest back.
    page.get_by_title("Make the selection the scene").click()
    lab.wait("len(inspector.scene) == 4096")
    text_is(page, ".swi-selection .swi-count", "0 of 4,096 selected")
    page.get_by_title("Undo: keep the selection").click()
    lab.wait(f"len(inspector.scene) == {len(got)} and inspector.selection.sum() == 4096")
    text_is(page, ".swi-selection .swi-count", f"4,096 of {len(got):,} selected")
    assert lab.page_errors == []


def marked(page: Any) -> int:
    """Pixels of the picture in the colour of selected splats."""
    import io

    from PIL import Image

    png = page.locator(READY).first.locator("canvas.sw-canvas").screenshot()
    r, g, b = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int).transpose(2, 0, 1)
    return int(((r > 150) & (r - g > 70) & (b - g > 50)).sum())


def test_photos_and_maps_are_linked_with_the_scene(lab) -> None:
    show(lab, PREDICTION, "inspector = sw.inspect(scene, color_by='confidence')\ninspector")
    page = lab.page
    unfold(page, "maps")
    page.wait_for_function("document.querySelectorAll('.swi-pane[data-shown]').length === 4")
    panes = page.locator(".swi-pane")
    panes.first.scroll_into_view_if_needed()

    # A rectangle on the first photo selects the splats of its pixels.
    page.locator(".swi-maps").get_by_title("Draw a rectangle").click()
    box = panes.first.bounding_box()
    scale = box["width"] / 64
    page.mouse.move(box["x"] + 10.2 * scale, box["y"] + 20.2 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 30.2 * scale, box["y"] + 40.2 * scale)
    page.mouse.up()
    lab.wait("inspector.selection.any()")
    expected = (
        "((scene.view == 0) & (scene.row >= 20) & (scene.row < 40)"
        " & (scene.col >= 10) & (scene.col < 30)).numpy()"
    )
    assert numbers(lab, f"bool((inspector.selection == {expected}).all())")
    # Shift adds, on the map of the second photo.
    panes.nth(3).scroll_into_view_if_needed()
    box = panes.nth(3).bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 0.2 * scale, box["y"] + 0.2 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 5.2 * scale, box["y"] + 5.2 * scale)
    page.mouse.up()
    page.keyboard.up("Shift")
    lab.wait("inspector.selection.sum() == 400 + 25")

    # Pointing at a pixel says its value; a click picks its splat.
    page.mouse.move(box["x"] + 12.5 * scale, box["y"] + 7.5 * scale)
    index = numbers(
        lab, "int(np.flatnonzero((scene.view == 1) & (scene.row == 7) & (scene.col == 12))[0])"
    )
    value = numbers(lab, f"float(attributes.values(scene, 'confidence')[{index}])")
    readout = page.locator(".swi-maps .swi-readout").inner_text()
    assert readout.startswith("Photo 2, row 7, column 12: ")
    assert float(readout.rpartition(": ")[2]) == pytest.approx(value, rel=1e-3)
    page.mouse.click(box["x"] + 12.5 * scale, box["y"] + 7.5 * scale)
    lab.wait(f"inspector.picked == {index}")

    # And back: pointing at the picture marks the pixel of what is seen there.
    page.mouse.move(5, 5)
    lab.execute("inspector.picked = -1")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.swi-cursor')]
            .every((cursor) => cursor.getAttribute('visibility') === 'hidden')"""
    )
    left, top, width, height = canvas_at(page)
    page.mouse.move(left + width / 2 + 10.5, top + height / 2 + 20.5)
    page.wait_for_selector(".swi-cursor[visibility=visible]")
    found = numbers(
        lab,
        "(lambda i: [int(scene.view[i]), int(scene.row[i]), int(scene.col[i])])"
        f"(int(weights(scene.gaussians, inspector.camera, {width}, {height}, "
        f"{width // 2} + 10.5, {height // 2} + 20.5).argmax()))",
    )
    readout = page.locator(".swi-maps .swi-readout").inner_text()
    assert readout.startswith(f"Photo {found[0] + 1}, row {found[1]}, column {found[2]}: ")
    assert lab.page_errors == []


HARMONICS = """async (names) => {
    const menu = document.querySelector('.swi-histogram select');
    const plot = document.querySelector('.swi-histogram-plot');
    const section = document.querySelector('.swi-histogram');
    const readout = section.querySelector('.swi-readout');
    const found = {};
    for (const name of names) {
        menu.value = name;
        menu.dispatchEvent(new Event('change'));
        while (section.dataset.attribute !== name)
            await new Promise((done) => setTimeout(done, 20));
        const button = section.querySelector('button[title="Logarithmic values"]');
        if (button.getAttribute('aria-pressed') === 'true') button.click();
        const { left, width } = plot.getBoundingClientRect();
        found[name] = Array.from({ length: 96 }, (_, bin) => {
            const clientX = left + 6 + ((width - 12) * (bin + 0.5)) / 96;
            plot.dispatchEvent(new PointerEvent('pointermove', { clientX }));
            return Number(readout.textContent.split(': ')[1].replaceAll(',', ''));
        });
    }
    return found;
}"""


def test_every_harmonic_of_a_foreign_file_counts_as_numpy_counts(lab) -> None:
    count = 2000
    rng = np.random.default_rng(5)
    rest = rng.normal(size=(count, 45)).astype(np.float32)  # channel by channel, as files have it
    dc = rng.normal(size=(count, 3)).astype(np.float32)
    write_foreign_ply(lab.folder / "foreign.ply", rng, dc, rest)
    show(
        lab,
        "import numpy as np\nimport splat_widgets as sw",
        "inspector = sw.inspect('foreign.ply')\ninspector",
    )
    page = lab.page
    assert page.locator(".swi-maps").is_hidden()
    sh = np.concatenate([dc[:, None], rest.reshape(count, 3, 15).transpose(0, 2, 1)], 1)
    columns = {
        f"sh_{degree}_{k}_{letter}": sh[:, degree**2 + k, channel]
        for degree in range(4)
        for k in range(2 * degree + 1)
        for channel, letter in enumerate("rgb")
    }
    columns |= {
        f"sh_energy_{degree}": (sh[:, degree**2 : (degree + 1) ** 2].astype(np.float64) ** 2)
        .sum((1, 2))
        .astype(np.float32)
        for degree in range(4)
    }
    page.get_by_title("Axis from the smallest to the largest value").click()
    found = page.evaluate(HARMONICS, list(columns))
    assert len(found) == 52
    for name, values in columns.items():
        wide = values.astype(np.float64)
        expected, _ = np.histogram(wide, bins=96, range=(wide.min(), wide.max()))
        assert sum(found[name]) == count, name
        # Sums of squares may round differently by one unit and change bins at an edge.
        most = 0 if "energy" not in name else 4
        assert np.abs(np.array(found[name]) - expected).sum() <= most, name
    assert lab.page_errors == []


def write_foreign_ply(path: Path, rng: Any, dc: np.ndarray, rest: np.ndarray) -> None:
    """A degree-3 file as the reference code writes it, byte by byte."""
    count = len(dc)
    names = [*"xyz", "nx", "ny", "nz", *(f"f_dc_{i}" for i in range(3))]
    names += [f"f_rest_{i}" for i in range(45)] + ["opacity"]
    names += [*(f"scale_{i}" for i in range(3)), *(f"rot_{i}" for i in range(4))]
    centres = rng.uniform((-1, -1, 3), (1, 1, 5), (count, 3))
    columns = [
        centres,
        np.zeros((count, 3)),
        dc,
        rest,
        rng.normal(size=(count, 1)),
        rng.normal(-3.5, 0.5, (count, 3)),
        rng.normal(size=(count, 4)),
    ]
    header = "ply\nformat binary_little_endian 1.0\n" + f"element vertex {count}\n"
    header += "".join(f"property float {name}\n" for name in names) + "end_header\n"
    path.write_bytes(header.encode() + np.concatenate(columns, 1).astype("<f4").tobytes())


def test_keyboard_two_inspectors_and_a_link(lab) -> None:
    show(
        lab,
        PREDICTION
        + "first, second = (\n"
        + "    sw.inspect(scene, height=300, select_through=True) for _ in range(2)\n"
        + ")",
        "first",
        "second",
    )
    page = lab.page
    page.wait_for_function(f"document.querySelectorAll('{READY}').length === 2")
    roots = page.locator(".swi")

    # With keys alone: from the tool's radio to the picture, a rectangle of two corners.
    tool = roots.first.get_by_role("radio", name="Navigate")
    tool.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    lab.wait("first.tool == 'rectangle'")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "Select with a rectangle"
    )
    canvas = roots.first.locator("canvas.sw-canvas")
    canvas.focus()
    for key in ["Enter", "Enter", *["ArrowRight"] * 8, *["ArrowDown"] * 6, "Enter"]:
        page.keyboard.press(key)
    lab.wait("first.selection.any()")
    some = numbers(lab, "int(first.selection.sum())")
    assert numbers(lab, "int(second.selection.sum())") == 0
    total = numbers(lab, "len(scene)")
    count = roots.nth(1).locator(".swi-selection .swi-count")
    assert count.inner_text() == f"0 of {total:,} selected"
    # Escape drops a shape that was begun, and once more gives the tool back.
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert numbers(lab, "int(first.selection.sum())") == some
    page.keyboard.press("Escape")
    lab.wait("first.tool == 'navigate'")
    page.keyboard.press("Enter")  # picks in the middle
    lab.wait("first.picked >= 0")
    assert numbers(lab, "second.picked") == -1

    # They stay apart until they are linked.
    roots.first.get_by_label("Colour by").select_option("opacity")
    lab.wait("first.color_by == 'opacity' and second.color_by == ''")
    lab.execute("link = sw.link(first, second)")
    roots.first.get_by_title("Select the rest of what is shown").click()
    lab.wait(f"second.selection.sum() == {total - some}")
    page.wait_for_function(
        """(text) => {
            const counts = document.querySelectorAll('.swi-selection .swi-count');
            return counts[1].textContent === text;
        }""",
        arg=f"{total - some:,} of {total:,} selected",
    )
    assert lab.page_errors == []

"""Measuring in the viewer: two points on the splats, in metres where there are any."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from splat_widgets.geometry.harmonics import rgb_to_dc
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.viewer.wire import encode

pytestmark = pytest.mark.browser

DEPTH = 2.5
BUTTON = "Measure a distance"


def wall(depth: float = DEPTH) -> Gaussians:
    axis = torch.linspace(-3, 3, 60)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    means = torch.stack([x, y, torch.full_like(x, depth)], -1).reshape(-1, 3)
    count = len(means)
    return Gaussians(
        means=means,
        scales=torch.full((count, 3), 0.08),
        quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        opacities=torch.full((count,), 0.99),
        sh=rgb_to_dc(torch.full((count, 1, 3), 0.3)),
    )


def show(bare_page, metres="given"):
    bare_page.show(encode(wall(), [Camera.centred(60.0, 64, 64)], metres=metres))
    return bare_page.page


def on_wall(page, x: float, y: float) -> np.ndarray:
    """World point of a CSS pixel on the wall: the viewer stands at the origin and looks along z."""
    box = page.locator(".sw-canvas").bounding_box()
    focal = min(box["width"], box["height"]) / 2 / (32 / 60)
    offset = np.array([x - box["width"] / 2, y - box["height"] / 2]) / focal
    return np.array([*(offset * DEPTH), DEPTH])


def click(page, x: float, y: float) -> None:
    page.locator(".sw-canvas").click(position={"x": x, "y": y})


def saved_picture(page) -> np.ndarray:
    """(H, W, 3) uint8: what the button for a PNG saves."""
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the picture").click()
    return np.asarray(Image.open(saved.value.path()).convert("RGB"))


def test_two_clicks_measure_what_lies_between_them(bare_page) -> None:
    page = show(bare_page)
    button = page.get_by_role("button", name=BUTTON)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    click(page, 200, 150)
    assert page.locator(".sw-length").is_hidden()
    click(page, 420, 310)
    points = np.array(page.evaluate("panel.tools.measure.points"))
    expected = np.stack([on_wall(page, 200, 150), on_wall(page, 420, 310)])
    assert np.allclose(points, expected, atol=0.005)
    length = np.linalg.norm(expected[1] - expected[0])
    label = page.locator(".sw-length")
    assert float(label.inner_text().removesuffix(" m")) == pytest.approx(length, rel=0.01)
    assert label.inner_text() in page.locator(".sw-status").inner_text()

    # It stands in a saved picture too: a line along the points, and white on dark the length.
    saved = saved_picture(page)
    for t in (0.0, 0.2, 0.8):
        x, y = round(200 + 220 * t), round(150 + 160 * t)
        assert saved[y, x, 0] > 200 and saved[y, x, 2] < 150, "yellow"
    around, canvas = label.bounding_box(), page.locator(".sw-canvas").bounding_box()
    left, top = round(around["x"] - canvas["x"]), round(around["y"] - canvas["y"])
    written = saved[top : top + round(around["height"]), left : left + round(around["width"])]
    assert (written.max(-1) < 80).mean() > 0.4
    assert (written.min(-1) > 200).mean() > 0.02

    # The line stays on its points when the view turns.
    box = page.locator(".sw-measure line").last.bounding_box()
    page.locator(".sw-canvas").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("panel.inner.settled")
    assert page.locator(".sw-measure line").last.bounding_box()["x"] < box["x"] - 5
    assert np.allclose(page.evaluate("panel.tools.measure.points"), points)

    page.keyboard.press("Escape")
    assert button.get_attribute("aria-pressed") == "false"
    assert label.is_hidden()
    assert page.evaluate("document.activeElement.className") == "sw-canvas"
    assert bare_page.page_errors == []


@pytest.mark.parametrize(("metres", "words"), [("unknown", "units"), ("model", "about")])
def test_the_words_say_how_far_a_length_is_known(bare_page, metres, words) -> None:
    page = show(bare_page, metres)
    page.get_by_role("button", name=BUTTON).click()
    click(page, 150, 200)
    click(page, 450, 200)
    assert words in page.locator(".sw-length").inner_text()


def test_the_keyboard_measures_too(bare_page) -> None:
    page = show(bare_page)
    page.locator(".sw-canvas").focus()
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("panel.inner.settled")
    page.keyboard.press("Enter")
    first, second = np.array(page.evaluate("panel.tools.measure.points"))
    assert np.allclose(first, [0, 0, DEPTH], atol=0.005)
    assert second[0] > 0.05 and np.allclose(second[1:], [0, DEPTH], atol=0.005)
    page.keyboard.press("m")
    assert page.locator(".sw-length").is_hidden()


def test_beside_the_splats_and_behind_the_viewer_nothing_is_measured(bare_page) -> None:
    page = show(bare_page)
    page.evaluate(
        "panel.setCamera({position: [0, 0, -6], target: [0, 0, 3], up: [0, -1, 0], fov_deg: 70})"
    )
    page.get_by_role("button", name=BUTTON).click()
    click(page, 8, 8)
    assert page.evaluate("panel.tools.measure.points") == []
    click(page, 280, 240)
    click(page, 340, 240)
    page.evaluate(
        "panel.setCamera({position: [0, 0, 6], target: [0, 0, 9], up: [0, -1, 0], fov_deg: 70})"
    )
    page.wait_for_function("panel.inner.settled")
    assert page.locator(".sw-length").is_hidden()
    bare_page.show(encode(wall(4.0)))
    assert page.evaluate("panel.tools.measure.points") == []


def test_python_reads_what_was_measured(lab) -> None:
    lab.open(
        [
            "import torch, splat_widgets as sw\n"
            "from splat_widgets.scene.gaussians import Gaussians\n"
            "means = torch.rand(4000, 3) * torch.tensor([4.0, 4, 0])\n"
            "means += torch.tensor([-2.0, -2, 3])\n"
            "g = Gaussians(means, torch.full((4000, 3), 0.1),"
            " torch.tensor([1.0, 0, 0, 0]).repeat(4000, 1), torch.ones(4000),"
            " torch.zeros(4000, 1, 3))\n"
            "viewer = sw.view(g)\nviewer",
            "inspector = sw.inspect(g, tool='rectangle')\ninspector",
        ]
    )
    lab.run_all()
    for name, index in (("viewer", 0), ("inspector", 1)):
        lab.wait(f"{name}.status.get('phase') == 'ready'")
        root = lab.page.locator(".sw-viewer").nth(index)
        root.scroll_into_view_if_needed()
        root.get_by_role("button", name=BUTTON).click()
        for x in (200, 300):
            root.locator(".sw-canvas").click(position={"x": x, "y": 240})
        lab.wait(f"{name}.measured is not None")
        measured = lab.execute(f"print({name}.measured['unit'], {name}.measured['distance'])")
        assert measured.startswith("units")
        assert float(measured.split()[1]) > 0.1
    lab.execute("viewer.scene = g.select(means[:, 0] > 0)")
    lab.wait("viewer.measured is None")
    assert lab.page_errors == []

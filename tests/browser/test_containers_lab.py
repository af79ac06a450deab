"""Inspectors inside the containers of ipywidgets, in a real JupyterLab."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

SCENE = """
import ipywidgets as w
import torch
import splat_widgets as sw

means = torch.rand(500, 3) + torch.tensor([-0.5, -0.5, 1.5])
scene = sw.Gaussians(
    means=means,
    scales=torch.full((500, 3), 0.03),
    quaternions=torch.tensor([1.0, 0, 0, 0]).repeat(500, 1),
    opacities=torch.full((500,), 0.9),
    sh=torch.zeros(500, 1, 3),
)

def inspector():
    return sw.inspect(scene, height=160)

def output():
    made = w.Output()
    with made:
        display(inspector())
    return made
"""
CONTAINERS = [
    "w.HBox([inspector(), inspector()])",
    "w.HBox([output(), output()])",
    "w.HBox([w.VBox([w.Label('left'), inspector()]), w.VBox([w.Label('right'), inspector()])])",
    "w.GridBox([inspector(), inspector()], layout=w.Layout(grid_template_columns='auto auto'))",
    "w.Box([inspector()], layout=w.Layout(display='inline-flex'))",
    "w.Tab([w.Label('first'), inspector()])",
]
WIDTHS = """() => [...document.querySelectorAll('.jp-CodeCell')].slice(1).map((cell) => ({
    page: cell.querySelector('.jp-OutputArea-output').clientWidth,
    parts: [...cell.querySelectorAll('.swi')].map((root) =>
        [...root.querySelectorAll('.sw-viewer, .swi-side')].map((part) => part.clientWidth)),
}))"""


def test_inspectors_share_the_width_of_every_container(lab) -> None:
    page = lab.page
    page.set_viewport_size({"width": 1400, "height": 1000})
    lab.open([SCENE, *CONTAINERS])
    page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    lab.run_all()
    page.locator(".jp-CodeCell .lm-TabBar-tab").nth(1).click()
    page.wait_for_function("document.querySelectorAll('.sw-viewer[data-ready]').length === 10")
    for width, least in ((1400, 560), (700, 250)):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_function(f"innerWidth === {width}")
        for cell, found in zip(CONTAINERS, page.evaluate(WIDTHS), strict=True):
            assert all(min(parts) >= min(least, 370) for parts in found["parts"]), (cell, found)
            # They fill the cell: below each other, or the panel beside the picture.
            used = sum(
                max(parts) if parts[0] == parts[1] else sum(parts) for parts in found["parts"]
            )
            assert used >= 0.9 * found["page"] - 40, (cell, found)
    assert lab.page_errors == []


SLIDERS = """
import gc
import comm

shown = {
    "inspect": w.interact(lambda k: sw.inspect(scene, height=160 + k), k=(0, 3)).widget,
    "view": w.interact(lambda k: sw.view(scene, height=160 + k), k=(0, 3)).widget,
}

def left():
    gc.collect()
    return len(comm.get_comm_manager().comms)
"""
SEEN = """() => ({
    nodes: document.querySelectorAll('*').length,
    canvases: document.querySelectorAll('canvas').length,
    pictures: [...document.querySelectorAll('[class^=sw-still]')].filter(
        (one) => one.checkVisibility()).length,
})"""


def test_a_moved_slider_leaves_one_widget_and_nothing_behind(lab) -> None:
    """Every move makes a widget: the one before goes from the page and from the kernel."""
    page = lab.page
    lab.open([SCENE, SLIDERS])
    lab.run_all()

    def move(key: str, value: int) -> None:
        for number, name in enumerate(("inspect", "view")):
            page.locator(".widget-interact .noUi-handle").nth(number).press(key)
            lab.wait(f"shown[{name!r}].result.height == {160 + value}")
            lab.wait(f"shown[{name!r}].result.status.get('phase') == 'ready'")
        page.wait_for_function("document.querySelectorAll('.sw-viewer').length === 2")

    page.wait_for_function("document.querySelectorAll('.sw-viewer[data-ready]').length === 2")
    move("ArrowRight", 2)
    comms, seen = lab.execute("print(left())"), page.evaluate(SEEN)
    assert seen["canvases"] > 0 == seen["pictures"]
    for key, value in [("ArrowRight", 3), ("ArrowLeft", 2), ("ArrowLeft", 1), ("ArrowRight", 2)]:
        move(key, value)
    lab.wait(f"left() <= {comms}")
    page.wait_for_function(f"({SEEN})().nodes <= {seen['nodes'] + 20}")
    assert page.evaluate(SEEN)["canvases"] == seen["canvases"]
    assert page.evaluate(SEEN)["pictures"] == 0
    assert lab.page_errors == []

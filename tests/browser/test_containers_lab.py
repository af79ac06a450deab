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

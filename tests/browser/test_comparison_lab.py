"""Scenes side by side in a real JupyterLab: one camera on a busy kernel, wipe, differences."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .test_inspector_lab import numbers

pytestmark = pytest.mark.browser

CELLS = (
    """
import numpy as np
import splat_widgets as sw
from splat_widgets.embedded import demo_pair
comparison = sw.compare.of_orders(
    *demo_pair(), model="embedded", titles=["ab", "ba", "<b>aa</b>"], height=240
)
""",
    "comparison",
)
READY = ".swc-cell .sw-viewer[data-ready]"


def drag(page: Any, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
    page.mouse.up()


def middle(page: Any, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_scenes_are_compared_with_one_camera_and_one_selection(lab) -> None:
    page = lab.page
    page.set_viewport_size({"width": 1400, "height": 1000})
    lab.open(CELLS)
    lab.run_all()
    page.wait_for_function(f"document.querySelectorAll('{READY}').length === 3")
    assert page.locator(".swc-title").all_inner_texts() == ["ab", "ba", "<b>aa</b>"]
    page.locator(".swc-bar").scroll_into_view_if_needed()

    # One camera, although the kernel hears nothing until its cell has ended.
    page.evaluate(
        """() => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            window.busy = kernel.requestExecute({ code: "import time; time.sleep(4)" }).done;
        }"""
    )
    frames = "[...document.querySelectorAll('.swc-cell .sw-viewer')].map((v) => +v.dataset.frame)"
    before = page.evaluate(frames)
    stage = ":nth-match(.swc-cell, 1) .sw-stage"
    drag(page, middle(page, stage), (60, 20))
    page.wait_for_function(f"{frames}.every((frame, i) => frame > {before}[i])")
    assert page.evaluate("Promise.race([busy.then(() => 'idle'), 'busy'])") == "busy"
    page.evaluate("busy")
    lab.wait("comparison.camera['position'] != (0.0, 0.0, 0.0)")
    same = """[np.allclose(view.camera['position'], one.state(comparison.camera)['position'])
        for view, one in zip(comparison.views, comparison._alignments)]"""
    lab.wait(f"all({same})")

    # One selection, by the pixels of the photos.
    page.locator(":nth-match(.swc-cell, 1)").get_by_role("radio", name="rectangle").click()
    drag(page, middle(page, stage), (80, 60))
    lab.wait("all(view.selection.any() for view in comparison.views)")
    first, second = numbers(
        lab, "[np.packbits(v.selection).tolist() for v in comparison.views[:2]]"
    )
    assert first != second, "the photos stand in the other order"
    lab.wait(
        "np.array_equal(comparison.views[1].selection, "
        "comparison.match(0, 1).carried(comparison.views[0].selection))"
    )
    modes = page.locator(".swc-cell").get_by_role("radio", name="rectangle")
    assert [one.get_attribute("aria-checked") for one in modes.all()] == ["true"] * 3

    # A divider that is dragged, and two scenes by turns.
    page.locator(":nth-match(.swc-cell, 1) .sw-canvas").focus()
    page.keyboard.press("w")
    drag(page, middle(page, ".swc-divider"), (200, 0))
    lab.wait("comparison.mode == 'wipe' and comparison.wipe_at > 0.55")
    first, second = (
        page.locator(f".swc-cell[data-part={part}] .sw-stage").bounding_box()
        for part in ("first", "second")
    )
    assert all(abs(first[side] - second[side]) < 1 for side in first), "one over the other"
    page.keyboard.press("b")
    lab.wait("comparison.mode == 'blink'")
    for shown in ("[data-second]", ":not([data-second])"):
        page.wait_for_selector(f".swc-grid{shown}[data-mode=blink]")
    page.keyboard.press("g")

    # What differs: the page shows the kernel's numbers.
    for name in ("picture", "maps", "numbers"):
        page.locator(f".swi-compare-{name} > summary").click()
    page.wait_for_selector(".swc-picture")
    said = page.locator(".swi-compare-picture .swc-numbers").inner_text()
    psnr, width, height = re.match(r"PSNR ([\d.]+) dB, .* (\d+) × (\d+) px", said).groups()
    expected = numbers(lab, f"comparison.difference(size=({width}, {height})).psnr")
    assert abs(float(psnr) - expected) < 0.1
    page.wait_for_selector(".swc-map")
    assert page.locator(".swi-compare-maps tbody tr").count() == 3
    page.wait_for_selector(".swc-range")
    lab.execute("comparison.attribute = 'own_depth'")
    page.wait_for_selector(".swc-scale[aria-label*='own photo [m]: ba − ab']")

    lab.execute("comparison.close()")
    page.wait_for_selector(".sw-comparison", state="detached")
    assert lab.page_errors == []

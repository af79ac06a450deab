"""Inspectors in every container of ipywidgets: each has room, is drawn, and answers a click."""

from __future__ import annotations

import io

import numpy as np
from hosts.checks.seen import scene, seen, until
from hosts.records import Absent, Failed, Host, Outcome
from PIL import Image
from playwright.sync_api import Locator

COUNT = 3000
MAKE = """
import ipywidgets as w
from IPython.display import display

def inspector():
    return sw.inspect(gaussians, height=200)

def show(size=0.5):
    display(inspector())

def folded(kind):
    box = kind([inspector(), inspector()], selected_index=0)  # ipywidgets 8 opens no accordion
    box.set_title(0, f"first of {kind.__name__}")
    box.set_title(1, f"second of {kind.__name__}")
    return box

out = w.Output()
with out:
    show()
"""
CELLS = {
    "HBox": "w.HBox([inspector(), inspector()])",
    "VBox": "w.VBox([inspector(), inspector()])",
    "Tab": "folded(w.Tab)",
    "Accordion": "folded(w.Accordion)",
    "Output": "out",
    "interact": "w.interact(show, size=(0.1, 1.0));",
}
SHOWN = ".swi:visible:has(.sw-viewer[data-ready])"
LEAST_PX = 250


def containers(host: Host) -> Outcome:
    if host.name == "marimo":
        raise Absent("shows no containers of ipywidgets")
    host.open([scene(COUNT) + MAKE, *CELLS.values()])
    shown = host.page.locator(SHOWN)
    if not until(lambda: shown.count() == 8, timeout_s=120, page=host):
        raise Failed(f"{shown.count()} of 8 inspectors are drawn{seen(host)}")
    faults = _faults(host)
    for name in ("Tab", "Accordion"):
        host.page.get_by_text(f"second of {name}").first.click()
    if not until(lambda: shown.count() == 8, timeout_s=60, page=host):
        raise Failed(f"behind tabs, {shown.count()} of 8 inspectors are drawn{seen(host)}")
    faults += _faults(host)
    if faults:
        raise Failed("; ".join(dict.fromkeys(faults)))
    return Outcome("works")


def _faults(host: Host) -> list[str]:
    shown = host.page.locator(SHOWN)
    order = [shown.nth(index) for index in range(shown.count())]
    return [
        f"inspector {number}: {fault}"
        for number, one in enumerate(order, 1)
        if (fault := _fault(host, one))
    ]


def _fault(host: Host, inspector: Locator) -> str:
    """What is wrong with one of them; empty if nothing is."""
    canvas = inspector.locator("canvas.sw-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box() or {"width": 0, "height": 0}
    if box["width"] < LEAST_PX or box["height"] < 150:
        return f"its picture has {box['width']:.0f} x {box['height']:.0f} pixels"
    side = inspector.locator(".swi-side").bounding_box() or {"width": 0}
    if side["width"] < LEAST_PX:
        return f"its panel is {side['width']:.0f} pixels wide"
    pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB"))
    if len(np.unique(pixels.reshape(-1, 3), axis=0)) < 100:
        return "its picture is empty"
    title = inspector.locator(".swi-picked-title").first

    def is_picked() -> bool:
        canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
        host.page.wait_for_timeout(500)
        return "Gaussian" in (title.text_content() or "")

    return "" if until(is_picked, timeout_s=15, page=host) else f"a click picks nothing{seen(host)}"

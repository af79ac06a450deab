"""The inspector: a click takes a Gaussian, a lasso a selection."""

from __future__ import annotations

import math
import re

from hosts.checks.seen import scene, seen, until, wait_for_picture
from hosts.records import Failed, Host, Outcome

COUNT = 3000


def inspector(host: Host) -> Outcome:
    host.open([scene(COUNT), "inspector = sw.inspect(gaussians)\ninspector"])
    wait_for_picture(host, f".swi {'.sw-viewer[data-ready]'}")
    page = host.page
    box = page.locator(".swi canvas.sw-canvas").bounding_box()
    if box is None or box["width"] < 200:
        raise Failed(f"the picture has no room: {box}")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    title = page.locator(".swi-picked-title")

    def is_picked() -> bool:
        page.mouse.click(x, y)
        page.wait_for_timeout(500)
        return "Gaussian" in (title.first.text_content() or "")

    if not until(is_picked, timeout_s=10, page=host):
        raise Failed(f"a click picks nothing{seen(host)}")
    page.get_by_role("radio", name="Select with a lasso").click()
    for step in range(25):
        angle = step / 24 * 2 * math.pi
        page.mouse.move(x + 90 * math.cos(angle), y + 70 * math.sin(angle))
        if step == 0:
            page.mouse.down()
    page.mouse.up()
    selected = page.get_by_text(re.compile(rf"[1-9][\d,]* of {COUNT:,} selected")).first
    if not until(selected.count, timeout_s=10, page=host):
        raise Failed(f"a lasso selects nothing{seen(host)}")
    return Outcome("works")

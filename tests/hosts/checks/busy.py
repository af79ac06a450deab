"""Generate while a cell runs: within about a second the page says that it waits, or begins."""

from __future__ import annotations

import shutil

from hosts.checks.seen import sentences, until, wait_for_picture
from hosts.records import Failed, Host, Outcome

from splat_widgets.embedded import demo_pair

BUSY_S = 12
ANSWER_S = 2.0  # the page promises one second; the rest is this machine's


def busy(host: Host) -> Outcome:
    names = [f"busy_{index}.jpg" for index in range(2)]
    for photo, name in zip(demo_pair(), names, strict=True):
        shutil.copyfile(photo, host.root / name)
    host.open(
        [
            "import time\nimport splat_widgets as sw\n"
            f'studio = sw.Studio(*{names}, model="embedded", refine=False)',
            "studio",
        ],
        later=f"time.sleep({BUSY_S})",
    )
    page = host.page
    page.locator(".sws-generate:enabled").wait_for()
    page.locator(".swu[data-ready='2']").wait_for()
    before = sentences(host)
    host.run_later()
    page.wait_for_timeout(1000)  # the kernel takes up the cell
    page.locator(".sws-generate").click()
    strip = page.locator(".sws").first

    def begun() -> bool:
        return strip.get_attribute("data-status") not in (None, "", "idle", "ready")

    def told() -> list[str]:
        new = [text for text in sentences(host) if text not in before]
        return [text for text in new if "wait" in text.lower()]

    until(lambda: begun() or told(), timeout_s=ANSWER_S, page=host)
    said, has_begun = told(), begun()
    wait_for_picture(host)
    if said:
        return Outcome("works with a word", said[0])
    if has_begun:
        return Outcome("works", "begins at once")
    raise Failed("no sign until the cell has ended")

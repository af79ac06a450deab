"""The line breaks for 0.2 s in the middle of a scene."""

from __future__ import annotations

from hosts.checks.seen import scene, seen, until
from hosts.records import Failed, Host, Outcome

COUNT = 300_000
BYTES = 3_000_000  # less than the scene has, more than anything before it


def cut_line(host: Host) -> Outcome:
    host.open(
        [scene(COUNT) + "viewer = sw.SplatViewer()", "viewer"], later="viewer.scene = gaussians"
    )
    host.page.locator(".sw-viewer[data-phase=empty]").wait_for()
    before = host.line.cuts
    host.line.arm(after_bytes=BYTES, seconds=0.2)
    host.run_later()
    status = host.page.locator(".sw-status").first

    def is_whole() -> bool:
        ready = host.page.locator(".sw-viewer[data-ready]").count()
        return bool(ready) and (status.text_content() or "").startswith(f"{COUNT:,} splats")

    arrived = until(is_whole, timeout_s=120, page=host)
    if host.line.cuts == before:
        raise Failed(f"the line was never cut{seen(host)}")
    if not arrived:
        raise Failed(f"the scene stays unfinished{seen(host)}")
    return Outcome("works")

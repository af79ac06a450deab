"""Pages without the kernel of their outputs: what stands there in place of the widgets."""

from __future__ import annotations

from hosts.checks.seen import READY, SENTENCES, scene, sentences, until, wait_for_picture
from hosts.records import Failed, Host, Outcome

from splat_widgets.page.still import WAY_BACK

CELLS = [
    scene(3000),
    "viewer = sw.view(gaussians)\nviewer",
    "inspector = sw.inspect(gaussians)\ninspector",
    'studio = sw.Studio(model="embedded")\nstudio',
]
PICTURES = """() => [...document.querySelectorAll('img')].filter((image) => {
    const { width, height } = image.getBoundingClientRect();
    return width > 150 && height > 100 && image.naturalWidth > 150;
}).length"""
OUTPUTS = ".jp-OutputArea-output, .output_subarea, .output"
WAY = WAY_BACK.strip(" ·")


def left(host: Host) -> Outcome:
    """The kernel is restarted, and the page loaded anew."""
    _open(host)
    host.restart()

    def told() -> bool:
        return any("gone" in one for one in sentences(host, f"{SENTENCES}, .sw-gone, .sw-status"))

    if not until(told, timeout_s=90, page=host):
        raise Failed("no word that the kernel is gone")
    host.reload()
    return _outcome(host)


def reopened(host: Host) -> Outcome:
    """A notebook of yesterday: saved, closed, opened on a new kernel in which nothing has run."""
    _open(host)
    host.reopen()
    return _outcome(host)


def _open(host: Host) -> None:
    host.open(CELLS)
    wait_for_picture(host)
    wait_for_picture(host, ".swi .sw-viewer[data-ready]")
    host.page.locator(".sws[data-ready]").wait_for()
    host.page.wait_for_timeout(2000)  # a still picture may come after the first drawing


def _outcome(host: Host) -> Outcome:
    page = host.page
    alive = page.locator(READY)
    until(lambda: alive.count() or page.evaluate(PICTURES) >= 2, timeout_s=20, page=host)
    if alive.count():
        return Outcome("works", "the notebook runs again by itself")
    said = sentences(host, OUTPUTS)
    if page.evaluate(PICTURES) < 2:
        raise Failed(f"no pictures; seen: {' / '.join(said)[:200] or 'nothing'}")
    if any(WAY in text for text in said):
        return Outcome("works with a word", f"pictures, “{WAY}”")
    return Outcome("works", "pictures")

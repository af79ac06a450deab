"""The kernel is restarted under a studio, a plain viewer and a panel: each should say so."""

from __future__ import annotations

from hosts.checks.seen import scene, sentences, until, wait_for_picture
from hosts.records import Failed, Host, Outcome

GONE = "The kernel is gone."
SAYS = {
    "the Studio": ".sws-lost",
    "a plain viewer": ".sw-viewer .sw-message, .sw-viewer .sw-status",
    "a panel": ".swu-lost",
}
# Where the host draws no widget of a kernel that is gone, this stands in its place.
LEFT = ".sw-gone"


def restart(host: Host) -> Outcome:
    host.open(
        [
            scene(3000),
            'studio = sw.Studio(model="embedded", viewer=sw.SplatViewer())\nstudio',
            "viewer = sw.view(gaussians)\nviewer",
            "panel = sw.UploadPanel()\npanel",
        ]
    )
    wait_for_picture(host)
    host.page.locator(".sws[data-ready]").wait_for()
    host.restart()
    if not until(lambda: not _silent(host), timeout_s=90, page=host):
        if host.page.locator(".sw-viewer[data-ready]").count() and len(_silent(host)) == len(SAYS):
            return Outcome("works", "the notebook runs again by itself")
        raise Failed(f"{' and '.join(_silent(host))}: no word that the kernel is gone")
    [said, *_] = [text for text in sentences(host, f"{LEFT}, .sws-lost") if GONE in text]
    said = said[said.index(GONE) + len(GONE) :].strip().partition(".")[0]
    return Outcome("works with a word", f"{GONE} {said}.")


def _silent(host: Host) -> list[str]:
    """The widgets that do not say it."""
    left = host.page.locator(LEFT)
    if sum(left.nth(i).is_visible() for i in range(left.count())) == len(SAYS):
        return []
    return [
        name
        for name, selector in SAYS.items()
        if not any(GONE in text for text in sentences(host, selector))
    ]

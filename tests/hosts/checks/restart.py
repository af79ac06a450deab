"""The kernel is restarted under a studio and a plain viewer: both should say so."""

from __future__ import annotations

from hosts.checks.seen import scene, sentences, until, wait_for_picture
from hosts.records import Failed, Host, Outcome

VIEWER = ".sw-viewer .sw-message, .sw-viewer .sw-status"
STUDIO = ".sws-lost"


def restart(host: Host) -> Outcome:
    host.open(
        [
            scene(3000),
            'studio = sw.Studio(model="embedded", viewer=sw.SplatViewer())\nstudio',
            "viewer = sw.view(gaussians)\nviewer",
        ]
    )
    wait_for_picture(host)
    host.page.locator(".sws[data-ready]").wait_for()
    host.restart()
    if not until(lambda: sentences(host, STUDIO), timeout_s=30, page=host):
        host.page.wait_for_timeout(1000)
        if host.page.locator(".sw-viewer[data-ready]").count():
            return Outcome("works", "the notebook runs again by itself")
        raise Failed("the studio does not say that its kernel is gone")
    said = sentences(host, STUDIO)[0]

    def told() -> list[str]:
        return [text for text in sentences(host, VIEWER) if "kernel" in text]

    if not until(told, timeout_s=10, page=host):
        raise Failed(f'Studio says "{said}", a plain viewer says nothing')
    return Outcome("works with a word", told()[0])

"""A notebook of yesterday: saved, closed, opened on a new kernel in which nothing has run."""

from __future__ import annotations

from hosts.checks.seen import scene, until, wait_for_picture
from hosts.records import Failed, Host, Outcome

PICTURES = """() => [...document.querySelectorAll('img')].filter((image) => {
    const { width, height } = image.getBoundingClientRect();
    return width > 150 && height > 100 && image.naturalWidth > 150;
}).length"""
OUTPUTS = ".jp-OutputArea-output, .output_subarea"


def reopened(host: Host) -> Outcome:
    host.open(
        [
            scene(3000),
            "viewer = sw.view(gaussians)\nviewer",
            'studio = sw.Studio(model="embedded")\nstudio',
        ]
    )
    wait_for_picture(host)
    host.page.locator(".sws[data-ready]").wait_for()
    host.page.wait_for_timeout(2000)  # a still picture may come after the first drawing
    host.reopen()
    has_picture = until(lambda: host.page.evaluate(PICTURES), timeout_s=15, page=host)
    outputs = host.page.locator(OUTPUTS)
    texts = [" ".join(outputs.nth(i).inner_text().split()) for i in range(outputs.count())]
    said = " / ".join(dict.fromkeys(text for text in texts if text))[:200]
    if has_picture:
        return Outcome("works with a word" if said else "works", said)
    raise Failed(f"no picture; seen: {said or 'nothing'}")

"""A user's main way: two photos dropped on the panel, Generate, a picture."""

from __future__ import annotations

import base64

from hosts.checks.seen import seen, wait_for_picture
from hosts.records import Failed, Host, Outcome

from splat_widgets.embedded import demo_pair

DROP = """
(zone, files) => {
    const dataTransfer = new DataTransfer();
    for (const { name, data } of files) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name, { type: 'image/jpeg' }));
    }
    const init = { dataTransfer, bubbles: true, cancelable: true, composed: true };
    for (const type of ['dragenter', 'dragover', 'drop'])
        zone.dispatchEvent(new DragEvent(type, init));
}
"""


def studio(host: Host) -> Outcome:
    host.open(
        [
            'import splat_widgets as sw\nstudio = sw.Studio(model="embedded", refine=False)',
            "studio",
        ]
    )
    photos = [
        {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()}
        for path in demo_pair()
    ]
    page = host.page
    page.locator(".sws[data-ready]").wait_for()
    page.locator(".swu-zone").evaluate(DROP, photos)
    try:
        page.locator(".swu[data-ready='2']").wait_for(timeout=30_000)
    except Exception as error:
        raise Failed(f"the dropped photos do not arrive{seen(host)}") from error
    page.locator(".sws-generate").click()
    wait_for_picture(host)
    return Outcome("works")

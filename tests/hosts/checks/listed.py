"""A studio that lists one saved scene: the start of two checks."""

from __future__ import annotations

from hosts.checks.seen import scene, wait_for_picture
from hosts.records import Host

FILE = "cube.ply"


def open_listed(host: Host, count: int = 3000) -> None:
    """Show a studio whose list has the scene of `FILE`, which lies in the host's folder."""
    host.open(
        [
            scene(count) + f"path = sw.save(gaussians, {FILE!r})\n"
            'studio = sw.Studio(model="embedded")\n'
            f"studio.open_scene({FILE!r})",
            "studio",
        ]
    )
    wait_for_picture(host)

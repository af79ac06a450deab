"""The page is loaded anew while the kernel lives."""

from __future__ import annotations

from hosts.checks.seen import scene, wait_for_picture
from hosts.records import Host, Outcome


def reload(host: Host) -> Outcome:
    host.open([scene(3000), "viewer = sw.view(gaussians)\nviewer"])
    wait_for_picture(host)
    host.reload()
    wait_for_picture(host)
    return Outcome("works")

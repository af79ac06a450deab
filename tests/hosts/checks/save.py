"""Save .ply: the file is there, and the page says so."""

from __future__ import annotations

from hosts.checks.listed import open_listed
from hosts.checks.seen import seen, until
from hosts.records import Failed, Host, Outcome


def save(host: Host) -> Outcome:
    open_listed(host)
    before = set(host.root.rglob("*.ply"))
    host.page.locator(".sws-save").first.click()
    if not until(lambda: set(host.root.rglob("*.ply")) - before, timeout_s=20, page=host):
        raise Failed(f"no file is written{seen(host)}")
    told = host.page.get_by_text("saved as").first
    if not until(told.count, timeout_s=10, page=host):
        raise Failed(f"the file is written, and nothing says so{seen(host)}")
    return Outcome("works")

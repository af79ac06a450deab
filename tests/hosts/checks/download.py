"""Download: the browser gets the same bytes."""

from __future__ import annotations

from pathlib import Path

from hosts.checks.listed import FILE, open_listed
from hosts.checks.seen import seen, until
from hosts.records import Failed, Host, Outcome


def download(host: Host) -> Outcome:
    open_listed(host)
    wanted = (host.root / FILE).read_bytes()
    got: list[Path] = []
    host.page.on("download", lambda one: got.append(one.path()))
    folder = host.root.parents[1] / "downloads"  # where Firefox puts files
    host.page.locator(".sws-download").first.click()
    if not until(lambda: got or any(folder.glob("*.ply")), timeout_s=30, page=host):
        raise Failed(f"no file comes{seen(host)}")
    path = got[0] if got else next(folder.glob("*.ply"))
    if not until(lambda: path.read_bytes() == wanted, timeout_s=5, page=host):
        raise Failed("the file differs from the saved one")
    return Outcome("works")

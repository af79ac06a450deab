"""The table, as Markdown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from hosts.records import Outcome

NO_OUTCOME = Outcome("-", "not tried")
NOT_TRIED = "VS Code, Safari, Windows and macOS were not tried."


def table(
    outcomes: Mapping[str, Mapping[str, Outcome]],
    heads: Mapping[str, str],
    checks: Sequence[str],
) -> str:
    """Checks down, hosts across; below it what the hosts are and what was not tried.

    Args:
        outcomes: by host and check; a host that did not start has one for "".
        heads: versions by host.
        checks: in the order of the rows.
    """
    hosts = list(outcomes)
    lines = [_row("", *hosts), _row(*["---"] * (1 + len(hosts)))]
    for check in checks:
        cells = [outcomes[host].get(check, NO_OUTCOME) for host in hosts]
        if check == checks[0]:  # why a host did not start stands in the first row
            cells = [outcomes[host].get("", cell) for host, cell in zip(hosts, cells, strict=True)]
        lines.append(_row(check, *(_cell(outcome) for outcome in cells)))
    said = [f"{host}: {heads[host]}." for host in hosts if heads.get(host)]
    day = datetime.datetime.now(datetime.UTC).date()
    return "\n".join([*lines, "", f"Of {day}. {' '.join(said)} {NOT_TRIED}"])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(outcome: Outcome) -> str:
    text = str(outcome).removeprefix("-: ").replace("|", "/").replace("\n", " ")
    return f"**{text}**" if outcome.verdict == "does not" else text

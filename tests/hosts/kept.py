"""Outcomes on disk, so that one host can be tried again without the others."""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path

from hosts.records import Outcome

Outcomes = dict[str, dict[str, Outcome]]  # by host and check


def read(path: Path) -> tuple[Outcomes, dict[str, str]]:
    """Outcomes and heads of earlier runs; empty ones if there were none."""
    if not path.exists():
        return {}, {}
    kept = json.loads(path.read_text())
    outcomes = {
        host: {check: Outcome(*parts) for check, parts in found.items()}
        for host, found in kept["outcomes"].items()
    }
    return outcomes, kept["heads"]


def write(path: Path, outcomes: Outcomes, heads: dict[str, str]) -> None:
    """Keep them, after every host."""
    plain = {
        host: {check: astuple(outcome) for check, outcome in found.items()}
        for host, found in outcomes.items()
    }
    path.write_text(json.dumps({"outcomes": plain, "heads": heads}, indent=1) + "\n")

"""What a cluster is to be: one record that every process of it gets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from splat_widgets.service.service_settings import ServiceSettings

APP = "splat-widgets"
DOOR, LINE, REPLICA = "door", "line", "replica"
"""Names of the deployments: HTTP, the order of jobs, and models."""
_REPLICAS = re.compile(r"(\d{1,4})(?::(\d{1,4}))?")


@dataclass(frozen=True)
class ClusterPlan:
    """A service on a cluster."""

    settings: ServiceSettings
    storage: str  # address of photos, jobs and results, reached from every machine
    replicas: tuple[int, int] = (1, 1)  # fewest and most models
    doors: int = 1  # processes that take requests
    gpus: int = 0  # of each replica; without, it has one CPU and one thread
    lines: str = ""  # a pipe for the log, see `lines.py`
    owner: str = ""  # the command that put it there, and may take it away


def replicas_of(text: str) -> tuple[int, int]:
    """Fewest and most replicas of `2` or `1:8`.

    Raises:
        ValueError: for anything else.
    """
    found = _REPLICAS.fullmatch(text.strip())
    least, most = (0, 0) if found is None else (int(found[1]), int(found[2] or found[1]))
    if not 1 <= least <= most:
        raise ValueError(
            f"expected replicas as a number or MIN:MAX, such as 2 or 1:8, got {text!r}"
        )
    return least, most

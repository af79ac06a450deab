"""Work in the background: workers, runs, what they took, why they failed. Without widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from splat_widgets.jobs.totals import Totals

__all__ = ["metrics"]


def metrics() -> Totals:
    """What this process has done so far: runs, errors, times, queue, memory, GPU.

    Runs, uploads, exports, errors and health checks are counted from its beginning; times are those
    of the last `events.KEPT` events.
    """
    from splat_widgets.jobs.totals import totals  # only here: workers need no torch

    return totals()

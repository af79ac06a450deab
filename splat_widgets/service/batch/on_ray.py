"""A pool of actors on a Ray cluster, each with a model of its own; Ray begins lost items again."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any, cast

from splat_widgets.service.batch.items import Item
from splat_widgets.service.batch.parts import Part
from splat_widgets.service.batch.work import Work
from splat_widgets.service.which_ray import own_ray, ray_at

logger = logging.getLogger(__name__)
_OBJECT_STORE = 2**30  # bytes; Ray Data does less at once with little of it


class Actor:
    """Does items, one at a time."""

    def __init__(self, work: Work) -> None:
        self._do = work.begin()

    def __call__(self, row: dict[str, Any]) -> dict[str, str]:
        """A row with an item; returns a row with its record."""
        return {"part": self._do(row["item"]).to_json()}


def each(
    work: Work, items: Sequence[Item], address: str, workers: int | None = None
) -> Iterator[Part]:
    """Do all items; yields their records as they end.

    Args:
        work: how.
        items: what; their photos and the output are reached from every machine.
        address: of the cluster; empty: RAY_ADDRESS, or a Ray of this machine alone.
        workers: actors; None: one for each GPU, or for each CPU without any.

    Raises:
        ValueError: if Ray is not installed.
        ConnectionError: if there is no cluster at the address.
        RuntimeError: if a Ray of this machine does not start.
    """
    if find_spec("ray") is None:
        raise ValueError("--cluster needs Ray; pip install 'splat-widgets[cluster]'")
    with _ray(address):
        import ray.data as ray_data  # pyright: ignore[reportMissingImports]

        ray, data = cast(Any, sys.modules["ray"]), cast(Any, ray_data)  # its types tell of less
        has = ray.cluster_resources()
        gpus = int(has.get("GPU", 0)) if work.device in (None, "cuda") else 0
        size = workers or max(1, gpus or int(has.get("CPU", 1)))
        context = data.DataContext.get_current()
        context.enable_progress_bars = False
        rows: list[dict[str, Any]] = [{"item": item} for item in items]
        done = data.from_items(rows, override_num_blocks=len(rows)).map(
            Actor,
            fn_constructor_args=(work,),
            concurrency=(1, min(size, len(rows))),
            num_cpus=1,
            num_gpus=1 if gpus else 0,
        )
        for row in done.iter_rows():
            yield Part.from_json(row["part"])


def _ray(address: str) -> AbstractContextManager[object]:
    known = sys.modules.get("ray")
    if known is not None and known.is_initialized():  # by whoever called
        return nullcontext()
    if address or os.environ.get("RAY_ADDRESS"):
        return ray_at(address or None)
    return own_ray(_OBJECT_STORE, lambda what: logger.warning("%s", what))

"""A pool of actors on a Ray cluster, each with a model of its own; Ray begins lost items again."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, cast

from splat_widgets.service.batch.items import Item
from splat_widgets.service.batch.parts import Part
from splat_widgets.service.batch.work import Work


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
    """
    try:
        import ray.data as ray_data  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError("--cluster needs Ray; pip install 'splat-widgets[cluster]'") from error
    ray, data = cast(Any, sys.modules["ray"]), cast(Any, ray_data)  # its types tell of less
    is_ours = not ray.is_initialized()
    if is_ours:
        local = {} if address else {"include_dashboard": False}
        ray.init(address=address or None, logging_level="warning", log_to_driver=False, **local)
    try:
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
    finally:
        if is_ours:
            ray.shutdown()

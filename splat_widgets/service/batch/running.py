"""A batch from its address to its manifest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from tqdm import tqdm

from splat_widgets import memory
from splat_widgets.service import traces
from splat_widgets.service.batch import local, on_ray, parts
from splat_widgets.service.batch.items import Item, Pairs, find
from splat_widgets.service.batch.parts import Part
from splat_widgets.service.batch.work import Work
from splat_widgets.service.logs import log_item, request_id_of
from splat_widgets.service.places import Place
from splat_widgets.settings import Settings

SOME_FAILED = 3
"""Exit status of a batch that ended with bad items in it."""

_MODEL_BYTES = 6 * 2**30  # of free memory for each worker: the official weights and their maps


@dataclass(frozen=True)
class Outcome:
    """How a batch has ended."""

    done: int
    failed: int
    skipped: int  # finished before
    manifest: str

    @property
    def status(self) -> int:
        """For the shell: 0, or `SOME_FAILED`."""
        return SOME_FAILED if self.failed else 0

    def __str__(self) -> str:
        text = f"{self.done} done, {self.failed} failed, {self.skipped} finished before"
        return f"{text}; {self.manifest}"


def run_batch(
    photos: str,
    output: str,
    *,
    pairs: Pairs | None = None,
    model: str | None = None,
    device: str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
) -> Outcome:
    """Make a scene of every item of a place; items that are finished are skipped.

    Args:
        photos: address of the items, as `items.find` takes it.
        output: address of the folder for `.ply`, `.splatscene`, records and the manifest.
        pairs: as `items.find` takes it.
        model: a source as in `load_model`.
        device: "cuda", "mps" or "cpu".
        workers: models at once; None: one a GPU, else as many as cores and memory allow.
        cluster: address of a Ray cluster, empty for the one of RAY_ADDRESS or a new one; None:
            processes of this machine.

    Raises:
        ValueError: if there are no items, a package is missing or an option is wrong.
        OSError: if the output cannot be written.
    """
    if find_spec("pyarrow") is None:
        raise ValueError("batch needs more packages; pip install 'splat-widgets[cluster]'")
    if workers is not None and workers < 1:
        raise ValueError(f"--workers: expected a number of at least 1, got {workers}")
    place = Place.of(output)
    items = find(photos, pairs, place)
    place.check_writable()
    settings = Settings.resolve(device=device)
    count = workers or _workers(settings.device)
    request_id = request_id_of(None)
    with traces.span("splat batch", request_id=request_id):
        work = Work(
            output=place,
            model=model or _text(settings.model_path),
            device=settings.device,
            image_size=settings.image_size,
            max_file_size=settings.max_file_size,
            threads=None if cluster is not None else max(1, (os.cpu_count() or 1) // count),
            request_id=request_id,
            trace=traces.carried({}),
        )
        if cluster is None:
            return _run(work, items, lambda left: local.each(work, left, count))
        return _run(work, items, lambda left: on_ray.each(work, left, cluster, workers))


def _run(
    work: Work, items: Sequence[Item], each: Callable[[Sequence[Item]], Iterator[Part]]
) -> Outcome:
    place = work.output
    known = {item.name: parts.read(place, item.name) for item in items}
    left = [item for item in items if not work.is_finished(item, known[item.name])]
    results = {name: part for name, part in known.items() if part is not None}
    finished = len(items) - len(left)
    fresh: list[Part] = []
    try:
        if left:
            _follow(each(left), fresh, len(items), finished)
    finally:  # what is known so far, also when somebody stops it
        results |= {part.name: part for part in fresh}
        manifest = parts.write_manifest(place, results.values())
    failed = sum(part.state == "failed" for part in fresh)
    return Outcome(len(fresh) - failed, failed, finished, manifest.url)


def _follow(results: Iterator[Part], into: list[Part], total: int, finished: int) -> None:
    with tqdm(total=total, initial=finished, unit=" items", disable=None) as bar:
        for part in results:
            into.append(part)
            log_item(part)
            bar.update()
            if part.state == "failed" and not bar.disable:  # for a person, not among log lines
                tqdm.write(f"{part.name}: {part.error}", file=sys.stderr)


def _workers(device: str | None) -> int:
    import torch

    if device != "cpu" and torch.cuda.is_available():
        return 1  # a second model on one GPU gains little; a cluster has one for each
    room = memory.free_bytes() // _MODEL_BYTES
    return max(1, min((os.cpu_count() or 1) // 2, room))


def _text(path: object) -> str | None:
    return None if path is None else str(path)

"""Jobs that wait for one GPU are computed together: photos encoded, pairs decoded in batches.

Nobody waits for a batch to fill: while the device is busy, what arrives becomes the next batch. An
item alone in its batch gives the bits that `PairPredictor` gives. A batch that the memory does not
hold is computed in halves: an item fails only if it does not fit alone.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from splat_widgets.jobs.explain import is_out_of_memory
from splat_widgets.models.predictor import Group, OnStep, Prediction
from splat_widgets.models.splatt3r.network import Splatt3R, token_grid
from splat_widgets.models.splatt3r.predictor import PairPredictor, PairTokens
from splat_widgets.photos.photo import Photo

logger = logging.getLogger(__name__)
_TICK_S = 0.05  # between looks whether a waiting job was cancelled
_SMALL_S = 300.0  # that batches stay small after one that did not fit


@dataclass(eq=False)
class _Request:
    key: Hashable  # requests of one key can be computed together
    value: Any
    compute: Callable[[list[Any]], list[Any]]
    most: int
    is_wanted: bool = True
    result: Any = None
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Gatherer:
    """One thread that computes what several others ask for."""

    def __init__(self) -> None:
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._small: dict[Hashable, tuple[int, float]] = {}  # most of a key, until when
        self.sizes: list[int] = []  # of the last batches
        self.halved = 0  # batches that did not fit into memory

    def ask(
        self,
        key: Hashable,
        values: Sequence[Any],
        compute: Callable[[list[Any]], list[Any]],
        most: int,
        tick: Callable[[int], object],
    ) -> list[Any]:
        """Results of some values, computed together with those of others.

        Args:
            key: only what has the same key is computed together.
            values: to compute.
            compute: results of a list of values; runs in the gatherer's thread.
            most: values at once.
            tick: called while waiting with the number of results that are there; what it raises
                takes the request back.
        """
        requests = [_Request(key, value, compute, most) for value in values]
        with self._changed:
            self._waiting.extend(requests)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="splat-service-batches", daemon=True
                )
                self._thread.start()
        try:
            for number, request in enumerate(requests):
                tick(number)
                while not request.done.wait(_TICK_S):
                    tick(number)
        except BaseException:
            for request in requests:
                request.is_wanted = False
            raise
        for request in requests:
            if request.error is not None:
                raise request.error
        return [request.result for request in requests]

    def _run(self) -> None:
        while True:
            batch = self._next()
            self._compute(batch)
            del batch

    def _compute(self, batch: Sequence[_Request]) -> None:
        """Give a batch its results or its error, halves of it if the whole does not fit."""
        self.sizes = [*self.sizes[-63:], len(batch)]
        if not _fits(batch):
            half = (len(batch) + 1) // 2
            self.halved += 1
            self._small[batch[0].key] = (half, time.monotonic() + _SMALL_S)
            logger.warning("a batch of %d does not fit into memory; it is halved", len(batch))
            _free()
            self._compute(batch[:half])
            self._compute(batch[half:])
            return
        for request in batch:
            request.done.set()

    def _next(self) -> list[_Request]:
        """The oldest request, and those that can be computed with it."""
        with self._changed:
            while True:
                while self._waiting and not self._waiting[0].is_wanted:
                    self._waiting.popleft()
                if self._waiting:
                    break
                self._changed.wait()
            first = self._waiting[0]
            fitting = [one for one in self._waiting if one.key == first.key and one.is_wanted]
            batch = fitting[: first.most][: self._most(first.key)]
            for request in batch:
                self._waiting.remove(request)
            return batch

    def _most(self, key: Hashable) -> int | None:
        """Values of a key that fit, if that is known; memory may be free again later."""
        most, until_s = self._small.get(key, (None, math.inf))
        if time.monotonic() < until_s:
            return most
        del self._small[key]
        return None


def _fits(batch: Sequence[_Request]) -> bool:
    """Compute a batch; False if memory holds no batch of its size."""
    try:
        with torch.no_grad():
            results = batch[0].compute([request.value for request in batch])
        for request, result in zip(batch, results, strict=True):
            request.result = result
    except BaseException as error:  # each job has it; the thread lives on
        if len(batch) > 1 and is_out_of_memory(error):
            return False
        for request in batch:
            request.error = error
    return True


def _free() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@dataclass(frozen=True, eq=False)
class BatchingPredictor(PairPredictor):
    """A `PairPredictor` for several jobs at once."""

    most: int = 8  # photos that are encoded together; half as many pairs
    gatherer: Gatherer = field(default_factory=Gatherer)

    def encode(self, photo: Photo, report: OnStep) -> PairTokens:
        """Tokens of one photo."""
        image = photo.tensor()[None].to(self.device)
        key = ("encode", image.shape)

        def tick(done: int) -> None:
            report("encode", done, 1)

        (tokens,) = self.gatherer.ask(key, [image], self._encoded, self.most, tick)
        return PairTokens(image, tokens)

    def predict(
        self, tokens: Sequence[PairTokens], pairs: Sequence[tuple[int, int]], report: OnStep
    ) -> Prediction:
        """One group per pair; a half-precision trunk that overflows runs alone in float32."""
        values = [(tokens[one], tokens[other]) for one, other in pairs]
        key = ("pair", *(tuple(part.image.shape) for part in values[0]))
        if any(part.image.shape != tokens[0].image.shape for pair in values for part in pair):
            return super().predict(tokens, pairs, report)

        maps: list[Any] = []

        def tick(done: int) -> None:
            report("decode", len(maps) + done, len(pairs))

        # Two photos may be decoded in both orders: one after the other, so that a job that is
        # alone has the bits of `PairPredictor`.
        parts = [values] if len(tokens) > 2 else [[value] for value in values]
        for part in parts:
            maps += self.gatherer.ask(key, part, self._paired, max(1, self.most // 2), tick)
        if any(one is None for one in maps):
            return super().predict(tokens, pairs, report)
        report("heads", 1, 1)
        return Prediction(tuple(Group(p, m) for p, m in zip(pairs, maps, strict=True)))

    def _encoded(self, images: list[Tensor]) -> list[Tensor]:
        return list(self.network.encode(torch.cat(images)).split(1))

    def _paired(self, pairs: list[tuple[PairTokens, PairTokens]]) -> list[Any]:
        network: Splatt3R = self.network
        sides = [[pair[side] for pair in pairs] for side in (0, 1)]
        first, second = (torch.cat([one.tokens for one in side]) for side in sides)
        images = (
            torch.cat([one.image for one in sides[0]]),
            torch.cat([one.image for one in sides[1]]),
        )
        grids = (token_grid(images[0]), token_grid(images[1]))
        layers = network.decode(first, second, grids)
        maps = network.predict(layers, images, descriptors=self.has_descriptors)
        found: list[Any] = [maps.unbatched(item) for item in range(len(pairs))]
        if self.dtype != torch.float32:
            for item in range(len(pairs)):
                parts = [layer[item] for own in layers for layer in own]
                if not all(bool(part.isfinite().all()) for part in parts):
                    found[item] = None
        return found

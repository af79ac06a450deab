"""Jobs that wait for one GPU are computed together: photos encoded, pairs decoded in batches.

Nobody waits for a batch to fill: while the device is busy, what arrives becomes the next batch. An
item alone in its batch gives the bits that `PairPredictor` gives.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from splat_widgets.models.predictor import Group, OnStep, Prediction
from splat_widgets.models.splatt3r.network import Splatt3R, token_grid
from splat_widgets.models.splatt3r.predictor import PairPredictor, PairTokens
from splat_widgets.photos.photo import Photo

_TICK_S = 0.05  # between looks whether a waiting job was cancelled


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
        self.sizes: list[int] = []  # of the last batches

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
            self.sizes = [*self.sizes[-63:], len(batch)]
            try:
                with torch.no_grad():
                    results = batch[0].compute([request.value for request in batch])
                for request, result in zip(batch, results, strict=True):
                    request.result = result
            except BaseException as error:  # each job has it; the thread lives on
                for request in batch:
                    request.error = error
            for request in batch:
                request.done.set()
            del batch

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
            batch = fitting[: first.most]
            for request in batch:
                self._waiting.remove(request)
            return batch


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

        def tick(done: int) -> None:
            report("decode", done, len(pairs))

        maps = self.gatherer.ask(key, values, self._paired, max(1, self.most // 2), tick)
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

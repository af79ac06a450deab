"""What a comparison's pages ask for and are told. The work is done in a thread of its own."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, cast

import numpy as np
from PIL import Image

from splat_widgets import events, notices
from splat_widgets.attributes import Statistics
from splat_widgets.comparison.messages import MapsWanted, NumbersWanted, PictureWanted, ToPage
from splat_widgets.comparison.pictures import ERROR_COLORMAP, PictureDifference
from splat_widgets.comparison.records import ComparedNumbers, MapsFound, NumbersFound, PictureFound
from splat_widgets.comparison.tables import describe_all
from splat_widgets.comparison.values import DIFFERENCE_COLORMAP, AttributeDifference
from splat_widgets.inspector.records import AttributeItem
from splat_widgets.jobs.explain import explain
from splat_widgets.jobs.worker import Worker
from splat_widgets.page.messages import Buffer, Handler
from splat_widgets.rendering.pictures import to_jpeg
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import check_state, pinhole_of
from splat_widgets.scene.scene import Scene

logger = logging.getLogger(__name__)
_work = Worker("splat-comparisons")
MOST_PX = 768  # longer side of a picture of differences: about a second on a CPU
Found = tuple[Any, list[bytes]]


class Compared(Protocol):
    """What the answers use of a `Comparison`."""

    titles: Any
    catalogue: Any

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """What the views show."""
        ...

    def difference(
        self, first: int = 0, second: int = 1, *, camera: Camera | None = None
    ) -> PictureDifference:
        """How two scenes look different."""
        ...

    def attribute_difference(
        self, name: str, first: int = 0, second: int = 1
    ) -> AttributeDifference:
        """How an attribute differs."""
        ...

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to the pages."""
        ...


class Answers:
    """Answers the pages of one comparison."""

    def __init__(self, comparison: Compared) -> None:
        self._comparison = comparison
        self._in_work: set[tuple[str, str]] = set()  # view and request

    def handlers(self) -> dict[str, Handler]:
        """What to do with a request, by kind."""
        known: dict[str, Callable[[Any], Found]] = {
            "picture": self._picture,
            "maps": self._maps,
            "numbers": self._numbers,
        }
        return {kind: partial(self._submit, kind, make) for kind, make in known.items()}

    def _submit(
        self, kind: str, make: Callable[[Any], Found], asked: Any, _buffers: list[memoryview]
    ) -> None:
        """Answer a request, unless that is being done: a page that waits asks again."""
        key = asked["view"], asked["request"]
        if key in self._in_work:
            return
        self._in_work.add(key)

        def answer() -> None:
            found, buffers, problem = None, [], ""
            try:
                with notices.quiet():  # a bar would end up in some cell
                    found, buffers = make(asked)
            except Exception as error:  # a formula of the user's own may raise anything
                logger.warning("%s could not be compared", kind, exc_info=error)
                events.tell("error", "failed", error=error, where=f"compare {kind}")
                problem = explain(error)
            self._in_work.discard(key)
            view, request = key
            content = {"view": view, "request": request, "problem": problem, "found": found}
            self._comparison.send(cast("ToPage", {"kind": kind, **content}), buffers)

        _work.submit(answer)

    def _picture(self, asked: PictureWanted) -> Found:
        share = min(MOST_PX / max(asked["width"], asked["height"], 1), 1.0)
        size = [max(1, round(asked[side] * share)) for side in ("width", "height")]
        camera = pinhole_of(check_state(asked["camera"]), *size)
        found = self._comparison.difference(*asked["pair"][:2], camera=camera)
        record: PictureFound = {
            "titles": found.titles,
            "width": size[0],
            "height": size[1],
            "psnr": _number(found.psnr),
            "ssim": found.ssim,
            "covered": found.covered,
            "psnr_covered": _number(found.psnr_covered),
            "ssim_covered": _number(found.ssim_covered),
            "high": found.high,
            "colormap": ERROR_COLORMAP,
        }
        pictures = [to_jpeg(one.color) for one in (found.first, found.second)]
        return record, [*pictures, _png(found.error_picture)]

    def _maps(self, asked: MapsWanted) -> Found:
        name, pair = asked["attribute"], asked["pair"][:2]
        found = self._comparison.attribute_difference(name, *pair)
        counts, edges = found.histogram
        one, other = found.titles
        named = ((one, found.first), (other, found.second))
        named = (*named, (f"{other} − {one}", found.difference))
        low, high = found.limits
        record: MapsFound = {
            "attribute": name,
            "label": found.attribute.label,
            "unit": found.attribute.unit,
            "rows": [_numbers(title, numbers) for title, numbers in named],
            "photos": list(found.photos),
            "low": low,
            "high": high,
            "colormap": DIFFERENCE_COLORMAP,
            "edges": [float(edge) for edge in edges],
            "counts": [int(count) for count in counts],
            "outside": found.difference.finite - int(counts.sum()),
            "lack": found.problem,
        }
        return record, [_png(picture) for picture in found.pictures]

    def _numbers(self, _asked: NumbersWanted) -> Found:
        titles = list(self._comparison.titles)
        items: list[AttributeItem] = self._comparison.catalogue
        found = describe_all(self._comparison.scenes, [item["name"] for item in items])
        record: NumbersFound = {
            "titles": titles,
            "rows": [
                {
                    "name": item["name"],
                    "label": item["label"],
                    "unit": item["unit"],
                    "cells": [
                        _numbers(title, one[item["name"]])
                        for title, one in zip(titles, found, strict=True)
                    ],
                }
                for item in items
            ],
        }
        return record, []


def _numbers(title: str, of: Statistics) -> ComparedNumbers:
    return {
        "title": title,
        "count": of.finite,
        "p1": _number(of.p1),
        "median": _number(of.median),
        "p99": _number(of.p99),
        "mean": _number(of.mean),
    }


def _number(value: float) -> float | None:
    """JSON has neither infinity nor NaN."""
    return float(value) if math.isfinite(value) else None


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()

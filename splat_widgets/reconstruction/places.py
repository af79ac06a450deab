"""Where a scene is made: in this process, or in another place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

import torch

from splat_widgets import notices
from splat_widgets.memory import free_bytes
from splat_widgets.models.predictor import Predictor, Stage
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.models.weights import load_model
from splat_widgets.photos.opening import DecodedPhoto
from splat_widgets.reconstruction.choices import Choices, memory_notice, size_notice
from splat_widgets.reconstruction.elsewhere import Elsewhere
from splat_widgets.reconstruction.opened import open_photos
from splat_widgets.reconstruction.progress import (
    ASSEMBLE,
    CAMERAS,
    DEPTH,
    LOAD,
    MATCH,
    PeakMemory,
    Report,
    Stopwatch,
    progress_bar,
)
from splat_widgets.reconstruction.work import make_scene, timed
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.settings import Settings


def stages(model: object = None) -> tuple[Stage, ...]:
    """The stages of a run with a model, in their order; of `load_model`'s models by default."""
    if isinstance(model, Elsewhere):
        return model.stages
    known = model if isinstance(model, Predictor) else PairPredictor
    return (LOAD, MATCH, *known.stages, CAMERAS, DEPTH, ASSEMBLE)


def here(
    opened: Iterable[DecodedPhoto],
    predictor: Predictor | None,
    model: object,
    choices: Choices,
    settings: Settings,
    progress: Report | Literal[False] | None,
) -> Reconstruction:
    """A scene made in this process; `model` is the source where no predictor was given."""
    began_s, opening_s = time.perf_counter(), 0.0
    if predictor is None:  # loading may mean a download: photos are opened before it
        opened = iter(list(opened))  # at its end, an iterator lets go of the large photos
        opening_s = time.perf_counter() - began_s
        source = None if model is None else os.fspath(cast("str", model))
        with nullcontext() if progress is None else notices.quiet():
            predictor = PairPredictor(load_model(source))
    if progress is None:
        _tell_before(predictor, settings)
    size = settings.image_size or predictor.image_size
    with (
        torch.no_grad(),  # belongs to the thread, so it is set here
        _reporting(progress) as report,
        PeakMemory(predictor.device) as memory,
    ):
        watch = Stopwatch(report, stages(predictor), predictor.device)
        watch.seconds[LOAD.name] = opening_s
        watch.step(LOAD.name)
        photos_at_hand = open_photos(opened, choices, size, predictor.image_size)
        large = size_notice(photos_at_hand.grids)
        if large and choices.refines(predictor, len(choices.crops)):
            notices.warn(large)  # in time to interrupt it
        if short := memory_notice(photos_at_hand.grids, free_bytes()):
            notices.warn(short)
        scene = make_scene(photos_at_hand, predictor, choices, settings, watch)
        watch.finish()
        return timed(scene, _timings(predictor, watch, memory))


def there(
    opened: Iterable[DecodedPhoto],
    place: Elsewhere,
    choices: Choices,
    settings: Settings,
    progress: Report | Literal[False] | None,
) -> Reconstruction:
    """A scene made in another place."""
    if progress is None:
        _tell_before(place, settings)
    with _reporting(progress) as report:
        return place.scene_of(opened, choices, settings.image_size, report)


def _tell_before(predictor: Predictor | Elsewhere, settings: Settings) -> None:
    """Say once what is known before the first run: about the model, and its size of pictures."""
    known = predictor.provenance
    for text in (
        None if known is None else known.notice,
        settings.image_size_notice(predictor.image_size),
    ):
        if text:
            notices.tell(text)


def _reporting(progress: Report | Literal[False] | None) -> AbstractContextManager[Report]:
    if progress is None:
        return progress_bar()
    if progress is False:
        return nullcontext(lambda _: None)
    if not callable(progress):
        raise TypeError(f"expected a function, None or False as progress, got {progress!r}")
    return nullcontext(progress)


def _timings(predictor: Predictor, watch: Stopwatch, memory: PeakMemory) -> Timings:
    peak, device_peak = memory.read()
    source = predictor.provenance.source if predictor.provenance is not None else None
    return Timings(
        stages=tuple(watch.seconds.items()),
        device=str(predictor.device),
        dtype=str(predictor.dtype).removeprefix("torch."),
        model="unnamed weights" if source is None else str(source),
        peak_memory_bytes=peak,
        peak_device_memory_bytes=device_peak,
    )

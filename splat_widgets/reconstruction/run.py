"""From photos to a `Reconstruction`, stage by stage."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from typing import Literal, cast

import torch
from torch import Tensor

from splat_widgets.geometry.pose import focal_from_points, pose_from_points
from splat_widgets.models.predictor import Group, Predictor, Stage, part_of
from splat_widgets.models.splatt3r import PairPredictor, Splatt3R
from splat_widgets.models.weights import load_model
from splat_widgets.photos.opening import DecodedPhoto, PhotoLike, decode
from splat_widgets.photos.photo import Photo, cropped, listed
from splat_widgets.reconstruction.progress import (
    ASSEMBLE,
    LOAD,
    PeakMemory,
    Report,
    Stopwatch,
    progress_bar,
)
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.scene.scene import Scene
from splat_widgets.settings import Settings

logger = logging.getLogger(__name__)

SINGLE_PHOTO_NOTICE = (
    "Only one photo was given, so it is paired with itself: depth then rests on what the model "
    "has learned alone. A second photo from about a step aside gives a better scene."
)


class NonFiniteError(ArithmeticError):
    """The model's output has values that are not numbers: nothing can be built on it."""


def stages(model: object = None) -> tuple[Stage, ...]:
    """The stages of a run with a model, in their order; of `load_model`'s models by default."""
    known = model if isinstance(model, Predictor) else PairPredictor
    return (LOAD, *known.stages, ASSEMBLE)


def reconstruct(
    photos: Iterable[PhotoLike] | PhotoLike,
    *,
    model: Predictor | Splatt3R | str | os.PathLike[str] | None = None,
    image_size: int | None = None,
    max_file_size: int | None = None,
    progress: Report | Literal[False] | None = None,
) -> Scene:
    """A scene of Gaussians, one per pixel of each photo.

    May be called from any thread; the model is only read. Interrupting the kernel, or raising
    `Cancelled` in `progress`, ends the run between two steps of the model and leaves nothing
    behind.

    Args:
        photos: paths, bytes, PIL images, arrays or uploads, as many as the model takes: one or two
            for Splatt3R. The camera of the first photo is the frame of the scene. A pair network
            pairs a single photo with itself.
        model: a loaded model, or a source for `load_model`; None: its default.
        image_size: side of the square crops in pixels; None: the setting
            `SPLAT_WIDGETS_IMAGE_SIZE`, else what the model was trained on, which is best.
        max_file_size: largest photo in bytes; None: the setting `SPLAT_WIDGETS_MAX_FILE_SIZE`.
        progress: None shows a bar and prints the scene's notices, False nothing; a function is
            called with a `Progress` before and after every step, in the calling thread.

    Raises:
        PhotoError: if a photo cannot be used.
        ValueError: for no photos, or more than the model takes.
        CheckpointError: if the model cannot be loaded.
        NonFiniteError: if the model's output is not finite.
        Cancelled: if `progress` raised it.
    """
    settings = Settings.resolve(
        "image_size", "max_file_size", image_size=image_size, max_file_size=max_file_size
    )
    photos = listed(photos)
    predictor = _predictor(model)
    _check_count(len(photos), (PairPredictor if predictor is None else predictor).max_photos)
    began_s, opening_s = time.perf_counter(), 0.0
    opened: Iterable[DecodedPhoto] = _open(photos, settings)
    if predictor is None:  # loading may mean a download: photos are opened before it
        opened = iter(list(opened))  # at its end, an iterator lets go of the large photos
        opening_s = time.perf_counter() - began_s
        source = None if model is None else os.fspath(cast("str", model))
        predictor = PairPredictor(load_model(source))
    size = settings.image_size_for(predictor.image_size)
    with (
        torch.no_grad(),  # belongs to the thread, so it is set here
        _reporting(progress) as report,
        PeakMemory(predictor.device) as memory,
    ):
        watch = Stopwatch(report, stages(predictor), predictor.device)
        watch.seconds[LOAD.name] = opening_s
        watch.step(LOAD.name)
        loaded = [cropped(one, size) for one in opened]
        group = _predict(predictor, loaded, watch)
        watch.step(ASSEMBLE.name)
        maps = tuple(one.to("cpu") for one in group.maps)
        _check_finite(maps, predictor)
        cameras, inlier_ratios = _cameras(maps)
        watch.finish()
        scene = Reconstruction.of_maps(
            maps,
            photos=tuple(loaded[index] for index in group.photos),
            cameras=cameras,
            pose_inlier_ratios=inlier_ratios,
            timings=_timings(predictor, watch, memory),
            notices=_notices(group, predictor, settings),
            provenance=predictor.provenance,
        )
    logger.info("%r", scene)
    if progress is None:  # not logging: nobody may miss them where the bar was seen
        for notice in scene.notices:
            print(notice)  # to stdout: notebooks paint stderr as an error
    return Scene.of(scene)


def _predictor(model: object) -> Predictor | None:
    """The predictor that was given; None for a source, which is still to be loaded."""
    if model is None or isinstance(model, str | os.PathLike):
        return None
    if isinstance(model, Splatt3R):
        return PairPredictor(model)
    if isinstance(model, Predictor) and not isinstance(model, type):
        return model
    raise TypeError(
        "expected a model from `load_model`, another `Predictor`, a source (a name or path) or "
        f"None, got {type(model).__name__}"
    )


def _check_count(count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        raise ValueError(
            f"expected at most {limit} photos, got {count}; this model takes no more at once, so "
            f"choose {limit} first, for example photos[:{limit}]"
        )


def _open(photos: Sequence[PhotoLike], settings: Settings) -> Iterator[DecodedPhoto]:
    for number, photo in enumerate(photos, start=1):
        yield decode(photo, name=f"photo {number}", max_bytes=settings.max_file_size)


def _predict(predictor: Predictor, photos: Sequence[Photo], watch: Stopwatch) -> Group:
    """All photos in one group. A single photo is paired with itself."""
    count = len(photos)
    tokens = [
        predictor.encode(photo, part_of(watch.step, k, count)) for k, photo in enumerate(photos)
    ]
    pairs = [(0, k) for k in range(1, count)] or [(0, 0)]
    groups = predictor.predict(tokens, pairs, watch.step).groups
    found = [set(group.photos) for group in groups]
    if found != [set(range(count))]:
        raise ValueError(
            f"expected all {count} photos in one frame from the model, got groups of "
            f"{[len(group) for group in found]}; choose fewer photos"
        )
    return groups[0]


def _reporting(progress: Report | Literal[False] | None) -> AbstractContextManager[Report]:
    if progress is None:
        return progress_bar()
    if progress is False:
        return nullcontext(lambda _: None)
    if not callable(progress):
        raise TypeError(f"expected a function, None or False as progress, got {progress!r}")
    return nullcontext(progress)


def _check_finite(maps: tuple[PhotoMaps, ...], predictor: Predictor) -> None:
    bad = {}
    for field in fields(PhotoMaps):
        values = [getattr(one, field.name) for one in maps]
        count = sum(int((~value.isfinite()).sum()) for value in values if value is not None)
        if count:
            bad[field.name] = count
    if bad:
        listed = ", ".join(f"{count:,} in {name}" for name, count in bad.items())
        advice = "check that the weights belong to this network"
        if predictor.dtype != torch.float32:
            advice = "load the model with dtype=torch.float32, which has the range"
        raise NonFiniteError(
            f"expected finite numbers from the network, got NaN or infinity ({listed}; "
            f"{predictor.device}, {predictor.dtype}); {advice}"
        )


def _cameras(
    maps: tuple[PhotoMaps, ...],
) -> tuple[tuple[Camera | None, ...], tuple[float | None, ...]]:
    """Cameras of all photos, taken to have one focal length, and the inlier ratios of the poses."""
    cameras: list[Camera | None] = [None] * len(maps)
    ratios: list[float | None] = [None] * len(maps)
    focal_px = focal_from_points(maps[0].points, maps[0].confidence)
    if focal_px is None:
        logger.warning("the points of photo 1 give no focal length, so no camera is known")
        return tuple(cameras), tuple(ratios)
    cameras[0] = _camera(maps[0], focal_px, torch.eye(4))
    for k, one in enumerate(maps[1:], start=1):
        found = pose_from_points(one.points, one.confidence, focal_px)
        if found is None:
            logger.warning("the points of photo %d give no pose: its camera is not known", k + 1)
        else:
            cameras[k], ratios[k] = _camera(one, focal_px, found[0]), found[1]
    return tuple(cameras), tuple(ratios)


def _camera(maps: PhotoMaps, focal_px: float, T_world_camera: Tensor) -> Camera:
    height, width = maps.confidence.shape
    return Camera.centred(focal_px, width, height, T_world_camera)


def _notices(group: Group, predictor: Predictor, settings: Settings) -> tuple[str, ...]:
    lines = [
        SINGLE_PHOTO_NOTICE if len(set(group.photos)) < len(group.photos) else None,
        predictor.provenance.notice if predictor.provenance is not None else None,
        settings.image_size_notice(predictor.image_size),
    ]
    return tuple(line for line in lines if line)


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

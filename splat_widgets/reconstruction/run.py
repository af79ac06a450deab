"""From photos to a `Reconstruction`, stage by stage."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from typing import Any, Literal

import torch
from torch import Tensor

from splat_widgets.geometry.pose import focal_from_points, pose_from_points
from splat_widgets.models.splatt3r import Splatt3R
from splat_widgets.models.splatt3r.network import token_grid
from splat_widgets.models.weights import load_model
from splat_widgets.photos.opening import PhotoLike, open_photo
from splat_widgets.photos.photo import SINGLE_PHOTO_NOTICE, Photo, load_photos, one_or_two
from splat_widgets.reconstruction.progress import PeakMemory, Report, Stopwatch, progress_bar
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.gaussians import Gaussians, cat
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction, Timings
from splat_widgets.settings import Settings

logger = logging.getLogger(__name__)


class NonFiniteError(ArithmeticError):
    """The network's output has values that are not numbers: nothing can be built on it."""


def reconstruct(
    photos: Iterable[PhotoLike] | PhotoLike,
    *,
    model: Splatt3R | str | os.PathLike[str] | None = None,
    image_size: int | None = None,
    max_file_size: int | None = None,
    progress: Report | Literal[False] | None = None,
) -> Reconstruction:
    """A scene of Gaussians, one per pixel, from two photos.

    May be called from any thread; the model is only read. Interrupting the kernel, or raising
    `Cancelled` in `progress`, ends it between two blocks of the network and leaves nothing behind.

    Args:
        photos: one or two of what `load_photos` takes: paths, bytes, PIL images, arrays, uploads.
            The first one's camera is the frame of the scene.
        model: a network, or a source for `weights.load_model`; None: its default.
        image_size: side of the square crops in pixels; None: the setting
            `SPLAT_WIDGETS_IMAGE_SIZE`, else what the model was trained on, which is best.
        max_file_size: largest photo in bytes; None: the setting `SPLAT_WIDGETS_MAX_FILE_SIZE`.
        progress: None shows a bar and prints the scene's notices, False nothing; a function is
            called with a `Progress` before and after every step, in the calling thread.

    Raises:
        PhotoError: if a photo cannot be used.
        CheckpointError: if the model cannot be loaded.
        NonFiniteError: if the network's output is not finite.
        Cancelled: if `progress` raised it.
    """
    settings = Settings.resolve(
        "image_size", "max_file_size", image_size=image_size, max_file_size=max_file_size
    )
    photos = one_or_two(photos)
    if not isinstance(model, Splatt3R):  # loading may mean a download: photos are tried before
        for number, photo in enumerate(photos, start=1):
            open_photo(photo, name=f"photo {number}", max_bytes=settings.max_file_size)
    network = _network(model)
    size = settings.image_size_for(network.config.image_size)
    with (
        torch.no_grad(),  # belongs to the thread, so it is set here
        _reporting(progress) as report,
        PeakMemory(network.device) as memory,
    ):
        watch = Stopwatch(report, network.device)
        with watch.stage("load"):
            views = load_photos(photos, image_size=size, max_bytes=settings.max_file_size)
            first, second = (view.tensor()[None].to(network.device) for view in views)
        with watch.stage("encode"):
            tokens = network.encode(first, second, on_step=watch.step)
        with watch.stage("decode"):
            grids = (token_grid(first), token_grid(second))
            layers = network.decode(*tokens, grids, on_step=watch.step)
        with watch.stage("heads"):
            pair = network.predict(layers, (first, second), on_step=watch.step)
        with watch.stage("assemble"):
            maps = (pair.first.unbatched().to("cpu"), pair.second.unbatched().to("cpu"))
            _check_finite(maps, network)
            aligned = _flatten(maps)
            cameras, inlier_ratios = _cameras(maps)
        peak, device_peak = memory.read()
    provenance = network.provenance
    scene = Reconstruction(
        **aligned,
        maps=maps,
        photos=views,
        cameras=cameras,
        pose_inlier_ratios=inlier_ratios,
        timings=Timings(
            stages=tuple(watch.seconds.items()),
            device=str(network.device),
            dtype=str(network.dtype).removeprefix("torch."),
            model="unnamed weights" if provenance is None else str(provenance.source),
            peak_memory_bytes=peak,
            peak_device_memory_bytes=device_peak,
        ),
        notices=_notices(views, network, settings),
        provenance=provenance,
    )
    logger.info("%r", scene)
    if progress is None:  # not logging: nobody may miss them where the bar was seen
        for notice in scene.notices:
            print(notice)  # to stdout: notebooks paint stderr as an error
    return scene


def _network(model: object) -> Splatt3R:
    if isinstance(model, Splatt3R):
        return model
    if model is None or isinstance(model, str | os.PathLike):
        return load_model(None if model is None else os.fspath(model))
    raise TypeError(
        "expected a model from `load_model`, its source (a name or path) or None, "
        f"got {type(model).__name__}"
    )


def _reporting(progress: Report | Literal[False] | None) -> AbstractContextManager[Report]:
    if progress is None:
        return progress_bar()
    if progress is False:
        return nullcontext(lambda _: None)
    if not callable(progress):
        raise TypeError(f"expected a function, None or False as progress, got {progress!r}")
    return nullcontext(progress)


def _check_finite(maps: tuple[PhotoMaps, ...], network: Splatt3R) -> None:
    bad = {}
    for field in fields(PhotoMaps):
        values = [getattr(view, field.name) for view in maps]
        count = sum(int((~value.isfinite()).sum()) for value in values if value is not None)
        if count:
            bad[field.name] = count
    if bad:
        listed = ", ".join(f"{count:,} in {name}" for name, count in bad.items())
        advice = "check that the weights belong to this network"
        if network.dtype != torch.float32:
            advice = "load the model with dtype=torch.float32, which has the range"
        raise NonFiniteError(
            f"expected finite numbers from the network, got NaN or infinity ({listed}; "
            f"{network.device}, {network.dtype}); {advice}"
        )


def _flatten(maps: tuple[PhotoMaps, ...]) -> dict[str, Any]:
    """The aligned fields of a `Reconstruction`: pixels row by row, view after view."""
    parts, view, row, col = [], [], [], []
    for number, one in enumerate(maps):
        height, width = one.confidence.shape
        parts.append(
            Gaussians(
                means=one.means.reshape(-1, 3),
                scales=one.scales.reshape(-1, 3),
                quaternions=one.quaternions.reshape(-1, 4),
                opacities=one.opacities.reshape(-1),
                sh=one.sh.reshape(height * width, -1, 3),
            )
        )
        view.append(torch.full((height * width,), number))
        row.append(torch.arange(height).repeat_interleave(width))
        col.append(torch.arange(width).repeat(height))
    return {
        "gaussians": cat(parts),
        "view": torch.cat(view),
        "row": torch.cat(row),
        "col": torch.cat(col),
        "confidence": torch.cat([one.confidence.reshape(-1) for one in maps]),
        "offsets": torch.cat([one.offsets.reshape(-1, 3) for one in maps]),
    }


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


def _notices(views: tuple[Photo, ...], network: Splatt3R, settings: Settings) -> tuple[str, ...]:
    lines = [
        SINGLE_PHOTO_NOTICE if any(view.stands_in for view in views) else None,
        network.provenance.notice if network.provenance is not None else None,
        settings.image_size_notice(network.config.image_size),
    ]
    return tuple(line for line in lines if line)

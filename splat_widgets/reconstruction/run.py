"""From photos to a `Reconstruction`, stage by stage."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, cast

from splat_widgets import events, notices
from splat_widgets.models.predictor import Predictor
from splat_widgets.models.splatt3r import PairPredictor, Splatt3R
from splat_widgets.photos.given import listed
from splat_widgets.photos.opening import DecodedPhoto, decode
from splat_widgets.photos.photo import Crop
from splat_widgets.photos.source import PhotoLike
from splat_widgets.reconstruction.choices import Choices, Refine
from splat_widgets.reconstruction.elsewhere import Elsewhere
from splat_widgets.reconstruction.places import here, there
from splat_widgets.reconstruction.progress import (
    Cancelled,
    Report,
)
from splat_widgets.scene.given import CamerasLike
from splat_widgets.scene.reconstruction import Reconstruction
from splat_widgets.scene.scene import Scene
from splat_widgets.settings import Settings


@events.telling("run", cancelled=(Cancelled,))
def reconstruct(
    *photos: Iterable[PhotoLike] | PhotoLike,
    refine: Refine = "auto",
    gaussian_size: int | None = None,
    focal_px: float | Sequence[float | None] | None = None,
    cameras: CamerasLike | None = None,
    crops: Sequence[Crop | None] | None = None,
    keep_all: bool = False,
    same_exposure: bool = True,
    model: Predictor | Elsewhere | Splatt3R | str | os.PathLike[str] | None = None,
    image_size: int | None = None,
    max_file_size: int | None = None,
    progress: Report | Literal[False] | None = None,
) -> Scene:
    """A scene of Gaussians from one to ten photos, one per pixel of each.

    The network predicts Gaussians, then the photos are matched with each other. The verdict on the
    matches is in `scene.refinement` and `scene.notices`; where `refine` says so, the cameras and
    depths that the matches determine replace the network's, whose own scene stays in
    `scene.predicted`.

    The order of refined photos decides the frame and the numbers of the views, and nothing else:
    what a pair network says of two photos depends on their order, so the geometry follows from the
    one that their pictures choose. Where that is not the given one the decoder
    runs a second time, for `scene.predicted`; what weights other than the embedded ones predict
    beside depth (opacities, sizes, colours) is then that of the given order.

    May be called from any thread; the model is only read. Interrupting the kernel, or raising
    `Cancelled` in `progress`, ends the run between two steps and leaves nothing behind.

    Args:
        photos: paths, bytes, open files, PIL images, arrays (H, W, 3), torch tensors (3, H, W) or
            (H, W, 3), uploads; several arguments or one list, a folder, an upload widget or its
            `value`. The camera of the first photo is the frame of the scene. A pair network pairs a
            single photo with itself. Photos that connect with no other are named and left out; of
            three and more, one that was given twice is named and used once.
        refine: whether the photos decide about depth and Gaussians. "auto": yes for the embedded
            model, for more than two photos and with given cameras; no for a pair with other
            weights, whose Gaussians are studied as they are predicted.
        gaussian_size: side of the grid of Gaussians of each photo that is refined, a multiple of
            16 from 64 to 1024, at most the crop's side in the photo; None: 256 px, or the model's
            own size where that is larger.
        focal_px: focal length in pixels of the upright, uncropped photo, as EXIF and COLMAP give
            it, 0.3 to 10 times its short side; one number or one for each photo. None: as EXIF
            says, else estimated. Where the matches contradict it, which a notice says, and where
            only one photo's is known, it is estimated too. Photos of different zooms get
            one each, which a notice says, as it says where two photos do not tell.
        cameras: known cameras: the folder of a COLMAP model, a nerfstudio `transforms.json`, or one
            `Camera` for each photo: of the upright, uncropped photo, whatever its size in pixels,
            or another scene's own `cameras` of these photos. Then only depth is solved; frame and
            unit of length are theirs. Of three and more, a photo whose camera contradicts the
            matches is named and left out.
        crops: which square of each photo becomes Gaussians: (x, y, side) in pixels of the upright
            photo, or None for the largest one in the middle.
        keep_all: keep the Gaussians of every photo where several show one surface.
        same_exposure: give the refined Gaussians of all photos one exposure, white balance and
            contrast, the median of theirs, by the surfaces that they share
            (`scene.refinement.exposures`, `contrasts`); False keeps each photo's own colours. Only
            for the embedded model: others predict their colours.
        model: a loaded model, a service (`sw.connect`), or a source for `load_model`; None: its
            default.
        image_size: side of the square crops in pixels; None: the setting
            `SPLAT_WIDGETS_IMAGE_SIZE`, else what the model was trained on, which is best.
        max_file_size: largest photo in bytes; None: the setting `SPLAT_WIDGETS_MAX_FILE_SIZE`.
        progress: None shows a bar and prints the scene's notices, those about the model once,
            before the first run; False: nothing; a function is called with a `Progress` before
            and after every step, in the calling thread.

    Raises:
        PhotoError: if a photo cannot be used.
        ValueError: for no photos, more than the model takes, or a choice that cannot be.
        CheckpointError: if the model cannot be loaded.
        NonFiniteError: if the model's output is not finite.
        Cancelled: if `progress` raised it.
    """
    settings = Settings.resolve(
        "image_size", "max_file_size", image_size=image_size, max_file_size=max_file_size
    )
    chosen = listed(photos[0] if len(photos) == 1 else cast("Iterable[PhotoLike]", photos))
    predictor = _predictor(model)
    events.note(photos=len(chosen))
    _check_count(len(chosen), (PairPredictor if predictor is None else predictor).max_photos)
    choices = Choices.checked(
        len(chosen),
        refine=refine,
        gaussian_size=gaussian_size,
        focal_px=focal_px,
        cameras=cameras,
        crops=crops,
        keep_all=keep_all,
        same_exposure=same_exposure,
    )
    if isinstance(predictor, Elsewhere):
        scene = there(_open(chosen, settings), predictor, choices, settings, progress)
    else:
        scene = here(_open(chosen, settings), predictor, model, choices, settings, progress)
    _note(scene)
    if progress is None:  # not logging: nobody may miss them where the bar was seen
        for notice in scene.notices:
            if not notices.is_told(notice):
                print(notice)  # to stdout: notebooks paint stderr as an error
    return Scene.of(scene)


def _predictor(model: object) -> Predictor | Elsewhere | None:
    """The predictor that was given; None for a source, which is still to be loaded."""
    if model is None or isinstance(model, str | os.PathLike):
        return None
    if isinstance(model, Splatt3R):
        return PairPredictor(model)
    if isinstance(model, Predictor | Elsewhere) and not isinstance(model, type):
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


def _note(scene: Reconstruction) -> None:
    """What the run's event holds of its scene: sizes, device and verdict, no names."""
    timings, refinement = scene.timings, scene.refinement
    events.note(
        stages={stage: round(seconds, 3) for stage, seconds in timings.stages},
        device=timings.device,
        dtype=timings.dtype,
        model=events.hashed(timings.model),
        peak_memory_bytes=timings.peak_memory_bytes,
        peak_device_memory_bytes=timings.peak_device_memory_bytes,
        image_px=scene.maps[0].confidence.shape[-1],
        gaussians=len(scene),
        verdict="" if refinement is None else refinement.reason or "answered",
        refined=refinement is not None and refinement.applied,
    )

"""Videos of a scene: .mp4, .webm, .gif or .webp, without a browser.

`.mp4` and `.webm` hold VP9, which browsers play (some players on a desktop expect H.264 in an .mp4;
the free OpenCV has no encoder for it). They are written by OpenCV, which for `.webm` prints a line
about a tag that it then replaces itself. `.gif` has 256 colours and steps of 1/100 s, `.webp` is
smaller; both are written by Pillow and run in a loop.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from splat_widgets import events, notices
from splat_widgets.files import local_path, make_folder, replacing
from splat_widgets.rendering.paths import turntable
from splat_widgets.rendering.pictures import to_uint8
from splat_widgets.rendering.progress import Progress, reporting
from splat_widgets.rendering.splatting import render
from splat_widgets.scene.cameras import Camera, checked
from splat_widgets.scene.scene import Scene, SceneLike

SUFFIXES = (".mp4", ".webm", ".gif", ".webp")
_SMALLEST_PX, _LARGEST_PX = 16, 8192  # of .mp4 and .webm


@events.telling("export")
def write_video(
    path: str | os.PathLike[str],
    scene: SceneLike,
    cameras: Sequence[Camera] | None = None,
    *,
    fps: float = 24.0,
    background: Sequence[float] | Tensor = (1.0, 1.0, 1.0),
    progress: Progress | Literal[False] | None = None,
) -> Path:
    """Render a scene from one camera after another into a video.

    Interrupting the kernel stops it within a frame and leaves no file.

    Args:
        path: where to write; its suffix chooses the format. Missing folders are made; an existing
            file is replaced once the new one is complete.
        scene: what `Scene.of` takes.
        cameras: one for each frame, all with pictures of one size; `turntable(scene)` by default.
        fps: frames in a second.
        background: display RGB in [0, 1] behind everything.
        progress: None shows a bar with the time that is left, False nothing; a function is called
            after each frame, and an exception from it stops the writing, without a file.

    Returns:
        The path.

    Raises:
        TypeError: if an argument is not a path, a scene or cameras.
        ValueError: for another suffix, no cameras, or sizes that the format cannot have.
        OSError: if the file cannot be written.
    """
    target, known = check_path(path, fps), Scene.of(scene)
    chosen = turntable(known) if cameras is None else tuple(map(checked, cameras))
    if not chosen:
        raise ValueError("expected at least one camera, got none")
    sizes = {(camera.width, camera.height) for camera in chosen}
    if len(sizes) > 1:
        raise ValueError(f"expected cameras with pictures of one size, got {sorted(sizes)}")
    _check_size(target, *sizes.pop())  # before anything is rendered

    def frames(report: Progress) -> Iterator[np.ndarray]:
        for number, camera in enumerate(chosen, start=1):
            with torch.no_grad(), notices.quiet():
                color = render(known, camera, background=background).color
            yield to_uint8(color)
            report(number, len(chosen))

    with reporting(progress, len(chosen)) as report:
        return write_frames(target, frames(report), fps=fps)


@events.telling("export")
def write_frames(
    path: str | os.PathLike[str], frames: Iterable[np.ndarray], *, fps: float = 24.0
) -> Path:
    """Write pictures as a video, one after another.

    Args:
        path: where to write; its suffix chooses the format.
        frames: (H, W, 3) uint8 RGB each, all of one size; taken one at a time.
        fps: frames in a second.

    Returns:
        The path.

    Raises:
        ValueError: for another suffix, no frames, or sizes that the format cannot have.
        OSError: if the file cannot be written.
    """
    target = check_path(path, fps)
    _check_folder(target)
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise ValueError("expected at least one frame, got none")
    checked = _checked(chain([first], rest), target)
    write = _write_opencv if target.suffix.lower() in (".mp4", ".webm") else _write_pillow
    # Elsewhere until it is whole: a killed kernel leaves nothing beside the target.
    with tempfile.TemporaryDirectory(prefix="splat-video-") as folder:
        whole = Path(folder) / f"video{target.suffix}"
        write(whole, checked, fps)
        with replacing(target) as partial:
            shutil.copyfile(whole, partial)
    return target


def check_path(path: str | os.PathLike[str], fps: float = 24.0) -> Path:
    """The path of a video to write.

    Raises:
        ValueError: for a suffix or a rate that no format has.
    """
    target = local_path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(f"expected a name that ends in {', '.join(SUFFIXES)}, got {target.name!r}")
    if not 0.1 <= fps <= 100:
        raise ValueError(f"expected 0.1 to 100 frames a second, got {fps}")
    return target


def _check_folder(target: Path) -> None:
    """Fail before anything is rendered if nothing can be written there."""
    if target.is_dir():
        raise IsADirectoryError(f"expected a file to write, found a folder at {target.absolute()}")
    with tempfile.TemporaryFile(dir=make_folder(target.parent)):
        pass


def _check_size(target: Path, width: int, height: int) -> None:
    if target.suffix.lower() not in (".mp4", ".webm"):
        return
    smallest, largest = min(width, height), max(width, height)
    if smallest < _SMALLEST_PX or largest > _LARGEST_PX or width % 2 or height % 2:
        raise ValueError(
            f"expected even sides from {_SMALLEST_PX} to {_LARGEST_PX} pixels for "
            f"{target.suffix}, got {width} x {height}; resize the cameras, or write a .gif or .webp"
        )


def _checked(frames: Iterable[np.ndarray], target: Path) -> Iterator[np.ndarray]:
    """The frames; all must be pictures of the first one's size."""
    shape: tuple[int, ...] | None = None
    for number, frame in enumerate(frames):
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise ValueError(
                f"expected frames (H, W, 3) of uint8, got {frame.shape} of {frame.dtype}; "
                "`to_uint8` makes them from colours in [0, 1]"
            )
        if shape is None:
            shape = frame.shape
            _check_size(target, shape[1], shape[0])
        if frame.shape != shape:
            raise ValueError(
                f"expected all frames to have the first one's shape {shape}, frame {number} has "
                f"{frame.shape}"
            )
        yield frame


def _write_opencv(path: Path, frames: Iterable[np.ndarray], fps: float) -> None:
    import cv2  # imported here: nothing else in rendering needs it

    writer, count = None, 0
    try:
        for frame in frames:
            if writer is None:
                size = frame.shape[1], frame.shape[0]
                code = cv2.VideoWriter.fourcc(
                    *("vp09" if path.suffix.lower() == ".mp4" else "VP90")
                )
                writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, fps, size)
                if not writer.isOpened():
                    raise OSError(
                        f"OpenCV cannot write VP9 to {path.suffix} here; write a .gif or .webp"
                    )
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
            count += 1
    finally:
        if writer is not None:
            writer.release()
    # `write` reports no error, so the frames are counted: a full disk loses some.
    written = cv2.VideoCapture(str(path))
    found = round(written.get(cv2.CAP_PROP_FRAME_COUNT))
    written.release()
    if found != count:
        raise OSError(f"wrote {count} frames, but the file has {found}; is the disk full?")


def _write_pillow(path: Path, frames: Iterable[np.ndarray], fps: float) -> None:
    images = (Image.fromarray(frame) for frame in frames)
    options: dict[str, Any] = {"format": "WEBP", "quality": 85, "duration": round(1000 / fps)}
    if path.suffix.lower() == ".gif":
        # Browsers slow down frames that are shorter than 20 ms.
        options = {"format": "GIF", "duration": max(20, round(1000 / fps))}
        images = (image.quantize() for image in images)
    with path.open("wb") as file:  # Pillow would leave it open after a failure
        next(images).save(file, save_all=True, append_images=images, loop=0, **options)

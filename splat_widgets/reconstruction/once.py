"""A photo that is among three and more several times takes part once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from splat_widgets.photos.photo import Photo
from splat_widgets.reconstruction.opened import Opened
from splat_widgets.refinement.copies import copies
from splat_widgets.refinement.records import Shot, Window
from splat_widgets.refinement.verdict import COPIES_SENTENCE, REPEATED_SENTENCE
from splat_widgets.scene.cameras import Camera

_SAME_POSE = 1e-4  # of entries of two given poses, over the unit of length
_SAME_CROP = 0.02  # sides; copies of other sizes have crops that are rounded to other pixels


def once(opened: Opened, shots: Sequence[Shot]) -> tuple[list[int], list[str]]:
    """Indices of the photos that take part, in their order, and what is said of the others.

    Of copies the one with a known focal length and most pixels stays, in the place of the first one
    of them; if none has more, it is the first one itself. Copies stay whose crops differ, since
    each shows more, and those with given cameras in different places, of which one is wrong. Where
    all are one photo, two stay: a pair of one photo is told as such.
    """
    every = list(range(len(shots)))
    if len(every) < 3:
        return every, []
    places, said, used = {k: k for k in every}, list[str](), 0
    for group in copies(shots):
        cameras = [] if opened.cameras is None else [opened.cameras[k] for k in group]
        if not _one_window([shots[k].window for k in group]) or not _one_pose(cameras):
            continue
        used = min(group, key=lambda k: (shots[k].focal_sides is None, -_pixels(opened.photos[k])))
        for k in group[1:]:
            del places[k]
        places[group[0]] = used
        said.append(_sentence([opened.photos[k].name for k in group], opened.photos[used].name))
    if len(places) == 1:
        return [used, next(k for k in every if k != used)], []
    return [places[k] for k in sorted(places)], said


def _pixels(photo: Photo) -> int:
    width, height = photo.original_size
    return width * height


def _one_window(windows: Sequence[Window]) -> bool:
    crops = np.array([(one.left, one.top, one.size) for one in windows])
    return bool(np.ptp(crops, axis=0).max() < _SAME_CROP)


def _one_pose(cameras: Sequence[Camera]) -> bool:
    poses = [camera.T_world_camera for camera in cameras]
    return all(torch.allclose(poses[0], other, atol=_SAME_POSE) for other in poses[1:])


def _sentence(names: Sequence[str], used: str) -> str:
    different = list(dict.fromkeys(names))
    if len(different) == 1:
        return REPEATED_SENTENCE.format(used=used, count=len(names))
    listed = f"{', '.join(different[:-1])} and {different[-1]}"
    return COPIES_SENTENCE.format(names=listed, used=used)

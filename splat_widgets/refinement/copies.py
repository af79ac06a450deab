"""One photo that was given twice: saved again, in another format or size.

Two pictures are one if next to nothing has moved from one to the other, and no part has changed.
Corners do not tell: in a small or strongly compressed copy they wander by pixels, where the mean
motion of a block of pixels (Lucas and Kanade 1981) stays near zero. A burst from a tripod counts as
one photo too, since nobody learns more from its second picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from splat_widgets.refinement.records import Shot

_GRID, _BLOCK = 160, 16  # pixels; pictures are compared at this size, whatever their shape
_BLUR = 1.2  # pixels, so that the traces of compression matter less
_TEXTURE = 1.0  # mean square of the gradient along its weakest direction, in a block that counts
_LEAST_BLOCKS = 4
_MOST_MOVED = 0.75  # pixels of the grid, of nine blocks in ten; a copy a fifth as large has 0.7
_MOST_CHANGED = 12.0  # grey levels, the mean of any block
_SAME_SHAPE = 0.02  # difference of the logarithms of two copies' aspects


def copies(shots: Sequence[Shot]) -> tuple[tuple[int, ...], ...]:
    """Indices of photos that are one, in groups of two and more.

    Each is a copy of the first of its group: a slow walk is no chain of copies.
    """
    looks = [_look(shot.picture) for shot in shots]
    groups: list[list[int]] = []
    for k, shot in enumerate(shots):
        for group in groups:
            first = group[0]
            if np.array_equal(shots[first].picture, shot.picture) or (
                _one_shape(shots[first], shot) and _unmoved(looks[first], looks[k])
            ):
                group.append(k)
                break
        else:
            groups.append([k])
    return tuple(tuple(group) for group in groups if len(group) > 1)


def is_copy(first: Shot, second: Shot) -> bool:
    """Whether two photos are one."""
    return bool(copies((first, second)))


def _one_shape(first: Shot, second: Shot) -> bool:
    aspects = (np.log(shot.picture.shape[1] / shot.picture.shape[0]) for shot in (first, second))
    return bool(abs(np.subtract(*aspects)) < _SAME_SHAPE)


def _look(picture: np.ndarray) -> np.ndarray:
    """(GRID, GRID) float32 grey levels."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), _BLUR)


def _unmoved(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether nothing moved or changed between two looks."""
    change = other - one
    if _of_blocks(np.abs(change)).max() > _MOST_CHANGED * _BLOCK**2:
        return False
    y, x = np.array(np.gradient((one + other) / 2))
    xx, xy, yy = _of_blocks(x * x), _of_blocks(x * y), _of_blocks(y * y)
    along_x, along_y = _of_blocks(x * change), _of_blocks(y * change)
    determinant = xx * yy - xy * xy
    weakest = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)  # eigenvalue of the structure tensor
    telling = weakest > _TEXTURE * _BLOCK**2
    if telling.sum() < _LEAST_BLOCKS:
        return False
    moved = np.hypot(yy * along_x - xy * along_y, xx * along_y - xy * along_x)[telling]
    return bool(np.quantile(moved / determinant[telling], 0.9) < _MOST_MOVED)


def _of_blocks(values: np.ndarray) -> np.ndarray:
    """Sums over the blocks of a look."""
    count = _GRID // _BLOCK
    return values.reshape(count, _BLOCK, count, _BLOCK).sum((1, 3))

"""Per-pixel attributes of a reconstruction, from the whole grid: stretch and isolation.

Every Gaussian is a pixel, so its neighbours on the surface are its neighbours in the photo. Where
the network bridges a jump in depth, the Gaussians between hang in the air, far from both sides: the
floaters that Splatt3R is known for.
"""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor

from splat_widgets.attributes.pixel_maps import at_pixels
from splat_widgets.attributes.records import Subject
from splat_widgets.attributes.store import kept

_SMALLEST = float(np.finfo(np.float32).tiny)


def stretch(subject: Subject) -> np.ndarray:
    """(N,) largest of the ratios to the four neighbours; see `ratios`."""
    return at_pixels(subject.scene, _both(subject, 0)).data


def isolation(subject: Subject) -> np.ndarray:
    """(N,) as `stretch`, but of the nearer neighbour on each axis; then the larger axis."""
    return at_pixels(subject.scene, _both(subject, 1)).data


def stretch_and_isolation(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances to pixel neighbours, relative to the usual distance around them.

    Args:
        means: (H, W, 3) float32 centres.

    Returns:
        (H, W) stretch: the largest of the four ratios of `ratios`, about 1 on any smooth surface
        and large on both sides of a jump. (H, W) isolation: on each axis the smaller of the two
        ratios, then the larger of the axes: large only where a Gaussian is far from both of its
        neighbours on a row or a column. At the border only the one existing neighbour counts.
    """
    height, width = means.shape[:2]
    largest = np.zeros((height, width), np.float32)
    lonely = np.zeros((height, width), np.float32)
    for axis, missing in ((0, ((1, 0), (0, 0))), (1, ((0, 0), (1, 0)))):
        if means.shape[axis] < 2:
            continue  # a single row or column has no neighbours on this axis
        edges = ratios(means, axis)
        before = np.pad(edges, missing, constant_values=np.nan)
        after = np.pad(edges, tuple(pad[::-1] for pad in missing), constant_values=np.nan)
        # fmax and fmin leave out a neighbour that does not exist.
        largest = np.maximum(largest, np.fmax(before, after))
        lonely = np.maximum(lonely, np.fmin(before, after))
    bad = ~np.isfinite(means).all(-1)
    largest[bad] = lonely[bad] = np.nan
    return largest, lonely


def ratios(means: np.ndarray, axis: int) -> np.ndarray:
    """Distance between neighbours along a grid axis, over its local median.

    Each axis has its own median, so a slanted plane has ratios of 1 along both.

    Args:
        means: (H, W, 3).
        axis: 0 between rows, 1 between columns.

    Returns:
        (H - 1, W) or (H, W - 1) float32.
    """
    # float32 differences of neighbours are exact enough; the squares must not overflow.
    distance = np.linalg.norm(np.diff(means.astype(np.float64), axis=axis), axis=-1)
    distance = np.where(np.isfinite(distance), distance, np.inf).astype(np.float32)
    usual = local_median(distance)
    with np.errstate(invalid="ignore", over="ignore"):
        return distance / np.maximum(usual, _SMALLEST)


def local_median(values: np.ndarray) -> np.ndarray:
    """Median of 25 samples of the 9 x 9 window around each pixel: every second row and column.

    Wide enough to look past a bridge of four pixels, at the price of a 5 x 5 median: the four
    interleaved half-size grids are filtered on their own. The border is repeated.

    Args:
        values: (H, W) float32, without NaN.
    """
    found = np.empty_like(values)
    for row in range(min(2, values.shape[0])):
        for col in range(min(2, values.shape[1])):
            part = np.ascontiguousarray(values[row::2, col::2])
            found[row::2, col::2] = cv2.medianBlur(part, 5)
    return found


def _both(subject: Subject, which: int) -> tuple[np.ndarray, ...]:
    """Stretch (0) or isolation (1) of every photo, (H, W) each; computed together."""

    def make(means: Tensor) -> tuple[np.ndarray, np.ndarray]:
        return stretch_and_isolation(means.detach().float().cpu().numpy())

    return tuple(
        kept(maps).get("grid", stretch_and_isolation, lambda maps=maps: make(maps.means))[which]
        for maps in subject.scene.maps
    )

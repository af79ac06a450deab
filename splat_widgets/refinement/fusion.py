"""A surface that several photos see is told by one of them: which pixels keep their Gaussians.

Of two pixels that show one point, the more trusted one keeps its Gaussian: a checked one before one
that is filled, then the one with the finer sampling and the smaller match error. What only one
photo sees stays, and so does everything on which two photos disagree. But a filled one is a guess:
before the surface of another photo it is wrong, and a little behind it a second layer that shows
through. What is kept grows by a pixel, so that photos overlap at seams; such a guess does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from splat_widgets.refinement.overlap import SAME_SURFACE, Surface, shared
from splat_widgets.refinement.records import DenseDepth, Shot

_ERROR_WEIGHT = 1.0  # of a match error of 1 against a factor e of sampling
_CHECKED = 1e3  # added to the trust of checked pixels: more than sampling ever differs
_GUESS_BEHIND = 0.08  # of depth: guesses of one surface differ by more than what is checked
_PATCH = 9  # pixels over which trust is averaged, so that neighbours are told by the same photo
_SEAM = 3  # edge of the neighbourhood by which what is kept grows: photos overlap at seams

_Rivals = tuple[int, np.ndarray, np.ndarray]
"""A photo that shows some points of another one with more trust; their pixels in the other one,
and in it."""


def keep_masks(
    surfaces: Sequence[Surface],
    denses: Sequence[DenseDepth],
    shots: Sequence[Shot],
    focals_sides: Sequence[float],
) -> tuple[np.ndarray, ...]:
    """Masks (n, n) of the pixels of each photo whose Gaussians are kept.

    Args:
        surfaces: of each photo.
        denses: the depths that they come from.
        shots: for their windows.
        focals_sides: of each photo.
    """
    trusts = [
        _trust(dense, shot, focal)
        for dense, shot, focal in zip(denses, shots, focals_sides, strict=True)
    ]
    every = range(len(surfaces))
    rivals = [
        [
            (b, *_rivals(surfaces[a], surfaces[b], trusts[a], trusts[b], denses[a].checked))
            for b in every
            if b != a
        ]
        for a in every
    ]
    kept = [np.ones(a.depth.size, bool) for a in surfaces]
    # A pixel goes only for one that stays. Trust is a strict order, so that this settles; every
    # second round keeps too much rather than too little.
    for _ in range(2 * ((len(surfaces) + 1) // 2)):
        before = kept
        kept = [
            _undefeated(mask.size, mine, before) for mask, mine in zip(kept, rivals, strict=True)
        ]
        if all(np.array_equal(one, other) for one, other in zip(kept, before, strict=True)):
            break
    checked = [dense.checked.ravel() for dense in denses]
    return tuple(
        _with_seam(kept[k].reshape(a.depth.shape), _beaten(checked, k, rivals[k], kept))
        for k, a in enumerate(surfaces)
    )


def _beaten(
    checked: list[np.ndarray], k: int, rivals: list[_Rivals], kept: list[np.ndarray]
) -> np.ndarray:
    """Mask of the pixels whose guess another photo's checked surface, which is kept, refutes."""
    mask = np.zeros(len(checked[k]), bool)
    for other, mine, theirs in rivals:
        mask[mine[(kept[other] & checked[other])[theirs]]] = True
    return mask & ~checked[k]


def _with_seam(kept: np.ndarray, beaten: np.ndarray) -> np.ndarray:
    """What is kept and the pixels around it, less guesses that a checked surface refutes."""
    seam = np.ones((_SEAM, _SEAM), np.uint8)
    grown = cv2.dilate(kept.astype(np.uint8), seam) > 0
    return kept | grown & ~beaten.reshape(kept.shape)


def _trust(dense: DenseDepth, shot: Shot, focal_sides: float) -> np.ndarray:
    """(n, n) float32, larger is better."""
    n = len(dense.depth)
    spacing = dense.depth * (shot.window.size / n / focal_sides)
    quality = -np.log(spacing) - _ERROR_WEIGHT * dense.match_error
    smooth = cv2.blur(quality.astype(np.float32), (_PATCH, _PATCH))
    return smooth + np.float32(_CHECKED) * dense.checked


def _rivals(
    a: Surface, b: Surface, trust_a: np.ndarray, trust_b: np.ndarray, checked_a: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of `a` whose point `b` shows with more trust, and the pixels of `b` that show it."""
    checked = checked_a.ravel()
    before = np.where(checked, SAME_SURFACE, np.inf)
    mine, theirs = shared(a, b, before, np.where(checked, SAME_SURFACE, _GUESS_BEHIND))
    better = trust_b.ravel()[theirs] > trust_a.ravel()[mine]
    return mine[better], theirs[better]


def _undefeated(count: int, rivals: list[_Rivals], kept: list[np.ndarray]) -> np.ndarray:
    mask = np.ones(count, bool)
    for other, mine, theirs in rivals:
        mask[mine[kept[other][theirs]]] = False
    return mask

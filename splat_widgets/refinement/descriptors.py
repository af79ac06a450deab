"""Matches of two photos by the network's own descriptors, where corners and blobs find too few.

Reciprocal matching after MASt3R (Leroy et al. 2024, section 3.3): from every few pixels of the
first photo to the nearest descriptor of the second and back; a match is where that returns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from splat_widgets.refinement.records import Matches, Window
from splat_widgets.scene.maps import PhotoMaps

STRIDE = 8  # pixels between starts
ROUNDS = 3  # of going there and back; starts that drift settle where both agree
INDEX_OFFSET = 1_000_000
"""Added to the pixel's number: a feature's row in a photo that no corner or blob has."""
_BLOCK = 512  # descriptors that are compared with a whole photo at once


def has_descriptors(maps: tuple[PhotoMaps, PhotoMaps]) -> bool:
    """Whether the network gave descriptors for both photos."""
    return all(one.descriptors is not None for one in maps)


def descriptor_matches(
    maps: tuple[PhotoMaps, PhotoMaps],
    windows: tuple[Window, Window],
    on_block: Callable[[], object] = lambda: None,
) -> Matches:
    """Matches between the windows of two photos.

    Args:
        maps: of one pair, with (S, S, D) descriptors of unit length.
        windows: what they show.
        on_block: called between blocks of work; what it raises ends it.

    Raises:
        ValueError: for maps without descriptors.
    """
    fields = [_flat(one) for one in maps]
    sizes = [one.confidence.shape[0] for one in maps]
    steps = torch.arange(STRIDE // 2, sizes[0], STRIDE, device="cpu")
    here = (steps[:, None] * sizes[0] + steps[None]).flatten()
    for _ in range(ROUNDS - 1):
        there = _nearest(fields[0][here], fields[1], on_block)
        here = _nearest(fields[1][there], fields[0], on_block)
    there = _nearest(fields[0][here], fields[1], on_block)
    settled = _nearest(fields[1][there], fields[0], on_block) == here
    here, there = here[settled], there[settled]
    pairs = torch.unique(torch.stack([here, there], 1), dim=0).numpy()
    first, second = pairs[:, 0], pairs[:, 1]
    return Matches(
        _sides(first, windows[0], sizes[0]),
        _sides(second, windows[1], sizes[1]),
        INDEX_OFFSET + first,
        INDEX_OFFSET + second,
    )


def _flat(maps: PhotoMaps) -> Tensor:
    if maps.descriptors is None:
        raise ValueError("expected maps with descriptors, got none; the network has no such branch")
    return maps.descriptors.flatten(0, 1).float()


def _nearest(wanted: Tensor, field: Tensor, on_block: Callable[[], object]) -> Tensor:
    """(M,) rows of (N, D) descriptors that are the nearest of (M, D) ones."""
    found = []
    for block in wanted.split(_BLOCK):
        on_block()
        found.append((block @ field.mT).argmax(1))
    return torch.cat(found)


def _sides(pixels: np.ndarray, window: Window, size: int) -> np.ndarray:
    """(M, 2) image coordinates of the centres of pixels given by their number."""
    xy = np.stack([pixels % size, pixels // size], 1) + 0.5
    return xy * (window.size / size) + np.array([window.left, window.top])
